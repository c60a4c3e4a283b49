/** Grammar of names, values and conditions. Every rule gives a syntax node. */
import { EmbeddedActionsParser, type IToken, type ParserMethod, type TokenType } from "chevrotain";
import { createSource } from "../../source/source.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { grammarErrorMessages } from "./grammar-errors.ts";
import { literalFromTokens } from "./literals.ts";
import type {
  ComparisonSyntax,
  ConditionSyntax,
  LiteralSyntax,
  NameSyntax,
  OperatorSpelling,
  StringSyntax,
  ValueSyntax,
} from "./syntax.ts";
import * as t from "./tokens.ts";
import type { FieldReference } from "./tree.ts";
import { unquote } from "./words.ts";

const emptySource = createSource("", "");

/**
 * A class, because chevrotain's grammars are methods; the source under analysis is its only state of its own.
 * Recovery is not chevrotain's: each statement is parsed alone (`structure.ts`).
 */
export class ConditionGrammar extends EmbeddedActionsParser {
  protected source: Source = emptySource;

  constructor() {
    super([...t.allTokens], {
      maxLookahead: 2,
      recoveryEnabled: false,
      errorMessageProvider: grammarErrorMessages,
      skipValidations: process.env["POLICYC_CHECK_GRAMMAR"] !== "1",
    });
  }

  protected word(word: Parameters<typeof t.wordToken>[0]): TokenType {
    return t.wordToken(word);
  }

  protected spanFrom(first: IToken): Span {
    return createSpan(this.source, first.startOffset, t.tokenEnd(this.LA(0)));
  }

  protected tokenSpan(token: IToken): Span {
    return createSpan(this.source, token.startOffset, t.tokenEnd(token));
  }

  protected nameOf(token: IToken): NameSyntax {
    const value = token.tokenType === t.QuotedName ? unquote(token.image).value : token.image;
    return { kind: "name", value, text: token.image, span: this.tokenSpan(token) };
  }

  protected stringOf(token: IToken): StringSyntax {
    const { value } = unquote(token.image);
    return { kind: "string", value, text: token.image, span: this.tokenSpan(token) };
  }

  protected readonly nameRule: ParserMethod<[], NameSyntax> = this.RULE("name", () => {
    const token = this.CONSUME(t.NameWord);
    return this.ACTION(() => this.nameOf(token));
  });

  protected readonly stringRule: ParserMethod<[], StringSyntax> = this.RULE("text", () => {
    const token = this.CONSUME(t.Text);
    return this.ACTION(() => this.stringOf(token));
  });

  /** `cidr("…")`: a network that can't stand bare. */
  private readonly quotedNetworkRule = this.RULE("quoted network", (): LiteralSyntax => {
    const first = this.CONSUME(this.word("cidr"));
    this.CONSUME(t.OpenParenthesis);
    const text = this.CONSUME(t.Text);
    this.CONSUME(t.CloseParenthesis);
    return this.ACTION(() => {
      const span = this.spanFrom(first);
      const spelled = `cidr(${text.image})`;
      const value = unquote(text.image).value;
      return { kind: "literal", literal: { kind: "cidr", value, span }, text: spelled, span };
    });
  });

  private readonly numberRule = this.RULE("number", (): LiteralSyntax => {
    const first = this.CONSUME(t.Integer);
    let last: IToken | undefined;
    this.OPTION(() => {
      this.CONSUME(t.DotDot);
      last = this.CONSUME2(t.Integer);
    });
    return this.ACTION(() => literalFromTokens(first, last, this.spanFrom(first)));
  });

  // Alternatives are made once: making them at every call would take a third of the time of parsing.
  private readonly wordLikes = [
    { ALT: () => this.CONSUME(t.Text) },
    { ALT: () => this.CONSUME(t.Address) },
    { ALT: () => this.CONSUME(t.NameWord) },
    { ALT: () => this.CONSUME(this.word("true")) },
    { ALT: () => this.CONSUME(this.word("false")) },
  ];

  private readonly literals = [
    { ALT: (): LiteralSyntax => this.SUBRULE(this.numberRule) },
    { ALT: (): LiteralSyntax => this.SUBRULE(this.quotedNetworkRule) },
    {
      ALT: (): LiteralSyntax => {
        const token = this.OR2(this.wordLikes);
        return this.ACTION(() => literalFromTokens(token, undefined, this.tokenSpan(token)));
      },
    },
  ];

  protected readonly literalRule: ParserMethod<[], LiteralSyntax> = this.RULE("value", () =>
    this.OR<LiteralSyntax>(this.literals),
  );

  private readonly listRule = this.RULE("list", (): ValueSyntax => {
    const elements: LiteralSyntax[] = [];
    const first = this.CONSUME(t.OpenBracket);
    let more = true;
    this.MANY({
      GATE: () => more,
      DEF: () => {
        elements.push(this.SUBRULE(this.literalRule));
        more = false;
        this.OPTION(() => {
          this.CONSUME(t.Comma);
          more = true;
        });
      },
    });
    this.CONSUME(t.CloseBracket);
    return this.ACTION(() => ({ kind: "value-list", elements, span: this.spanFrom(first) }));
  });

  private readonly values = [
    { ALT: (): ValueSyntax => this.SUBRULE(this.literalRule) },
    { ALT: (): ValueSyntax => this.SUBRULE(this.listRule) },
  ];

  protected readonly valueRule: ParserMethod<[], ValueSyntax> = this.RULE("value or list", () =>
    this.OR<ValueSyntax>(this.values),
  );

  private readonly quantifiers = [
    { ALT: () => this.CONSUME(this.word("any")) },
    { ALT: () => this.CONSUME(this.word("all")) },
  ];

  private readonly fieldParts: { ALT: () => string }[] = [
    {
      ALT: () => {
        this.CONSUME(t.Dot);
        const token = this.CONSUME(t.Word);
        return this.ACTION(() => this.nameOf(token).value);
      },
    },
    {
      ALT: () => {
        this.CONSUME(t.OpenBracket);
        const token = this.OR3(this.fieldKeys);
        this.CONSUME(t.CloseBracket);
        return this.ACTION(() => (token.tokenType === t.Text ? unquote(token.image).value : token.image));
      },
    },
  ];

  private readonly fieldKeys = [{ ALT: () => this.CONSUME(t.Integer) }, { ALT: () => this.CONSUME(t.Text) }];

  /** `process.exe`, `pod.labels["app"]`, `ancestor[1].exe`, `any ancestor.exe` */
  private readonly fieldRule = this.RULE("field", (): FieldReference => {
    const segments: string[] = [];
    const first = this.LA(1);
    let quantifier = "";
    this.OPTION(() => {
      quantifier = `${this.OR(this.quantifiers).image} `;
    });
    const head = this.CONSUME(t.NameWord);
    this.ACTION(() => segments.push(quantifier + this.nameOf(head).value));
    this.MANY(() => {
      segments.push(this.OR2(this.fieldParts));
    });
    return this.ACTION(() => ({ kind: "field", segments, span: this.spanFrom(first) }));
  });

  private readonly operators: { ALT: () => OperatorSpelling }[] = [
    { ALT: () => this.signOperator(t.Equal, "==") },
    { ALT: () => this.signOperator(t.NotEqual, "!=") },
    { ALT: () => this.signOperator(t.LessOrEqual, "<=") },
    { ALT: () => this.signOperator(t.GreaterOrEqual, ">=") },
    { ALT: () => this.signOperator(t.Less, "<") },
    { ALT: () => this.signOperator(t.Greater, ">") },
    { ALT: () => this.signOperator(this.word("matches"), "matches") },
    { ALT: () => this.signOperator(this.word("under"), "under") },
    { ALT: () => this.signOperator(this.word("contains"), "contains") },
    { ALT: () => this.signOperator(this.word("in"), "in") },
    {
      ALT: () => {
        this.CONSUME(this.word("not"));
        return this.signOperator2(this.word("in"), "not in");
      },
    },
    {
      ALT: () => {
        this.CONSUME(this.word("starts"));
        return this.signOperator2(this.word("with"), "starts with");
      },
    },
    {
      ALT: () => {
        this.CONSUME(this.word("ends"));
        return this.signOperator3(this.word("with"), "ends with");
      },
    },
    {
      ALT: () => {
        this.CONSUME(this.word("has"));
        return this.SUBRULE(this.hasSuffixRule);
      },
    },
  ];

  private readonly operatorRule = this.RULE("operator", (): OperatorSpelling =>
    this.OR<OperatorSpelling>(this.operators),
  );

  private readonly hasSuffixRule = this.RULE("has", (): OperatorSpelling => {
    let operator: OperatorSpelling = "has";
    this.OPTION(() => {
      operator = this.OR<OperatorSpelling>([
        { ALT: () => this.signOperator(this.word("any"), "has any") },
        { ALT: () => this.signOperator(this.word("all"), "has all") },
      ]);
    });
    return operator;
  });

  private signOperator(token: TokenType, spelling: OperatorSpelling): OperatorSpelling {
    this.CONSUME(token);
    return spelling;
  }

  // One occurrence index a place: chevrotain tells places of one token in one rule apart by it.
  private signOperator2(token: TokenType, spelling: OperatorSpelling): OperatorSpelling {
    this.CONSUME2(token);
    return spelling;
  }

  private signOperator3(token: TokenType, spelling: OperatorSpelling): OperatorSpelling {
    this.CONSUME3(token);
    return spelling;
  }

  private readonly comparisonRule = this.RULE("comparison", (): ConditionSyntax => {
    const first = this.LA(1);
    const field = this.SUBRULE(this.fieldRule);
    let condition: ConditionSyntax | undefined;
    this.OPTION(() => {
      const operatorToken = this.LA(1);
      condition = this.OR<ConditionSyntax>([
        {
          ALT: () => {
            this.CONSUME(this.word("exists"));
            return this.ACTION(() =>
              this.makeComparison(first, field, "exists", operatorToken, undefined, false),
            );
          },
        },
        {
          ALT: () => {
            const operator = this.SUBRULE(this.operatorRule);
            const operatorEnd = this.LA(0);
            const operand = this.SUBRULE(this.valueRule);
            let ignoreCase = false;
            this.OPTION2(() => {
              this.CONSUME(this.word("ignoring"));
              this.CONSUME(this.word("case"));
              ignoreCase = true;
            });
            return this.ACTION(() => ({
              ...this.makeComparison(first, field, operator, operatorToken, operand, ignoreCase),
              operatorSpan: createSpan(this.source, operatorToken.startOffset, t.tokenEnd(operatorEnd)),
            }));
          },
        },
      ]);
    });
    return this.ACTION(() => condition ?? this.bareName(first, field));
  });

  private makeComparison(
    first: IToken,
    field: FieldReference,
    operator: OperatorSpelling,
    operatorToken: IToken,
    operand: ValueSyntax | undefined,
    ignoreCase: boolean,
  ): ComparisonSyntax {
    const operatorSpan = this.tokenSpan(operatorToken);
    const span = this.spanFrom(first);
    return { kind: "comparison", field, operator, operatorSpan, operand, ignoreCase, span };
  }

  /** A condition that is only a name; a longer field is kept, so that the message can quote it. */
  private bareName(first: IToken, field: FieldReference): ConditionSyntax {
    const span = this.spanFrom(first);
    const text = this.source.text.slice(span.start, span.end);
    return { kind: "reference", name: { kind: "name", value: field.segments.join("."), text, span }, span };
  }

  private readonly operands: { ALT: () => ConditionSyntax }[] = [
    {
      ALT: () => {
        const first = this.CONSUME(t.OpenParenthesis);
        const condition = this.SUBRULE(this.conditionRule);
        this.CONSUME(t.CloseParenthesis);
        return this.ACTION(() => ({ kind: "parentheses", inner: condition, span: this.spanFrom(first) }));
      },
    },
    { ALT: () => this.constant(this.CONSUME(this.word("true")), true) },
    { ALT: () => this.constant(this.CONSUME(this.word("false")), false) },
    { ALT: () => this.SUBRULE(this.comparisonRule) },
  ];

  private readonly operandRule = this.RULE("operand", (): ConditionSyntax => {
    const negations: IToken[] = [];
    this.MANY(() => {
      negations.push(this.CONSUME(this.word("not")));
    });
    const inner = this.OR<ConditionSyntax>(this.operands);
    if (negations.length === 0) {
      return inner;
    }
    return this.ACTION(() =>
      negations.reduceRight<ConditionSyntax>(
        (operand, negation) => ({ kind: "not", operand, span: this.spanFrom(negation) }),
        inner,
      ),
    );
  });

  private constant(token: IToken, value: boolean): ConditionSyntax {
    return this.ACTION(() => ({ kind: "constant", value, span: this.tokenSpan(token) }));
  }

  private readonly conjunctionRule = this.RULE("conjunction", (): ConditionSyntax => {
    const before = this.LA(0);
    const first = this.LA(1);
    const operands = [this.SUBRULE(this.operandRule)];
    this.MANY(() => {
      this.CONSUME(this.word("and"));
      operands.push(this.SUBRULE2(this.operandRule));
    });
    return this.ACTION(() => this.chain("and", operands, before, first));
  });

  protected readonly conditionRule: ParserMethod<[], ConditionSyntax> = this.RULE("condition", () => {
    const before = this.LA(0);
    const first = this.LA(1);
    const operands = [this.SUBRULE(this.conjunctionRule)];
    this.MANY(() => {
      this.CONSUME(this.word("or"));
      operands.push(this.SUBRULE2(this.conjunctionRule));
    });
    return this.ACTION(() => this.chain("or", operands, before, first));
  });

  private chain(
    operator: "and" | "or",
    operands: readonly ConditionSyntax[],
    before: IToken,
    first: IToken,
  ): ConditionSyntax {
    const [only, ...others] = operands;
    if (only !== undefined && others.length === 0) {
      return only;
    }
    const span = this.spanFrom(first);
    const reach = createSpan(this.source, t.tokenEnd(before), span.end);
    return { kind: "chain", operator, operands, reach, span };
  }
}
