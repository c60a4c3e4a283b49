/** Short ways to build the type nodes that event declarations are made of. */
import { ts } from "@ts-morph/common";

/** A property; a `?` at the end of its name makes it optional. */
export type Field = readonly [name: string, type: ts.TypeNode];

const { factory } = ts;

/** `string` */
export function text(): ts.TypeNode {
  return factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword);
}

/** A type by its name; `number` too. */
export function named(name: string): ts.TypeNode {
  return factory.createTypeReferenceNode(name);
}

export function literal(value: string | true): ts.TypeNode {
  return factory.createLiteralTypeNode(
    value === true ? factory.createTrue() : factory.createStringLiteral(value),
  );
}

/** The union of some texts, each once; `never` of none. */
export function literals(values: readonly string[]): ts.TypeNode {
  return factory.createUnionTypeNode([...new Set(values)].map(literal));
}

/** `{ … }` */
export function object(fields: readonly Field[]): ts.TypeNode {
  return factory.createTypeLiteralNode(fields.map(property));
}

/** `export type NAME = …;` */
export function alias(name: string, type: ts.TypeNode): ts.Statement {
  return factory.createTypeAliasDeclaration(exported(), name, undefined, type);
}

/** `export interface NAME { … }` under a comment. */
export function record(name: string, comment: string, fields: readonly Field[]): ts.Statement {
  const declaration = factory.createInterfaceDeclaration(
    exported(),
    name,
    undefined,
    undefined,
    fields.map(property),
  );
  // A hook's name is the kernel's and a policy's text: neither may end the comment.
  const safe = comment.replaceAll("*/", "* /");
  return ts.addSyntheticLeadingComment(declaration, ts.SyntaxKind.MultiLineCommentTrivia, `* ${safe} `, true);
}

function exported(): readonly ts.Modifier[] {
  return [factory.createModifier(ts.SyntaxKind.ExportKeyword)];
}

function property([name, type]: Field): ts.PropertySignature {
  const optional = name.endsWith("?");
  return factory.createPropertySignature(
    [factory.createModifier(ts.SyntaxKind.ReadonlyKeyword)],
    optional ? name.slice(0, -1) : name,
    optional ? factory.createToken(ts.SyntaxKind.QuestionToken) : undefined,
    type,
  );
}
