/** Grammar of hooks: portable events and raw places. */
import type { IToken, ParserMethod } from "chevrotain";
import { ConditionGrammar } from "./grammar-condition.ts";
import { integerValue } from "./literals.ts";
import type { HookSyntax, NameSyntax, ParameterSyntax, StringSyntax } from "./syntax.ts";
import * as t from "./tokens.ts";
import type { RawSection } from "./tree.ts";

const sections: readonly RawSection[] = [
  "kprobe",
  "fentry",
  "lsm",
  "tracepoint",
  "raw_tracepoint",
  "uprobe",
  "usdt",
];

export class HookGrammar extends ConditionGrammar {
  private readonly parameterRule = this.RULE("parameter", (): ParameterSyntax => {
    const first = this.CONSUME(t.NameWord);
    let type: NameSyntax | undefined;
    let index: IToken | undefined;
    let size: { readonly at: boolean; readonly token: IToken } | undefined;
    let label: StringSyntax | undefined;
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      type = this.SUBRULE(this.nameRule);
      this.OPTION2(() => {
        this.CONSUME(this.word("at"));
        index = this.CONSUME(t.Integer);
      });
      this.OPTION4(() => {
        let at = false;
        this.CONSUME(this.word("size"));
        this.OPTION5(() => {
          this.CONSUME2(this.word("at"));
          at = true;
        });
        size = { at, token: this.CONSUME2(t.Integer) };
      });
      this.OPTION3(() => {
        this.CONSUME(this.word("label"));
        label = this.SUBRULE(this.stringRule);
      });
    });
    return this.ACTION(() => ({
      kind: "parameter",
      name: this.nameOf(first),
      type,
      index: index && integerValue(index.image),
      size: size && { at: size.at, value: integerValue(size.token.image) },
      label,
      span: this.spanFrom(first),
    }));
  });

  private readonly targetRule = this.RULE("target", (): NameSyntax => {
    const first = this.LA(1);
    return this.OR<NameSyntax>([
      {
        ALT: () => {
          const text = this.SUBRULE(this.stringRule);
          return this.ACTION(() => ({ ...text, kind: "name" }));
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Identifier);
          this.OPTION(() => {
            this.CONSUME(t.Slash);
            this.CONSUME2(t.Identifier);
          });
          return this.ACTION(() => {
            const span = this.spanFrom(first);
            const text = this.source.text.slice(span.start, span.end).replaceAll(/\s|#.*/g, "");
            return { kind: "name", value: text, text, span };
          });
        },
      },
    ]);
  });

  private readonly sectionRule = this.RULE("section", (): RawSection => {
    const alternatives = sections.map((section) => ({
      ALT: (): RawSection => {
        this.CONSUME(this.word(section));
        return section;
      },
    }));
    return this.OR<RawSection>(alternatives);
  });

  private readonly rawHookRule = this.RULE("raw hook", (): HookSyntax => {
    const first = this.LA(1);
    const section = this.SUBRULE(this.sectionRule);
    let optional = false;
    let matching = false;
    let syscall = false;
    let path: StringSyntax | undefined;
    const parameters: ParameterSyntax[] = [];
    let result: ParameterSyntax | undefined;
    const refuses: NameSyntax[] = [];
    this.OPTION5(() => {
      this.CONSUME(this.word("optional"));
      optional = true;
    });
    this.OPTION(() => {
      this.CONSUME(this.word("syscall"));
      syscall = true;
    });
    this.OPTION6(() => {
      this.CONSUME(this.word("matching"));
      matching = true;
    });
    // Two quoted texts, or a quoted text and a name: the first is the file.
    this.OPTION2({
      GATE: () => [t.Text, t.Identifier].includes(this.LA(2).tokenType),
      DEF: () => {
        path = this.SUBRULE(this.stringRule);
      },
    });
    const target = this.SUBRULE(this.targetRule);
    this.OPTION3(() => {
      this.CONSUME(t.OpenParenthesis);
      this.MANY_SEP({
        SEP: t.Comma,
        DEF: () => parameters.push(this.SUBRULE(this.parameterRule)),
      });
      this.CONSUME(t.CloseParenthesis);
    });
    this.OPTION4(() => {
      this.CONSUME(this.word("return"));
      this.CONSUME2(t.OpenParenthesis);
      result = this.SUBRULE2(this.parameterRule);
      this.CONSUME2(t.CloseParenthesis);
    });
    this.OPTION7(() => {
      this.CONSUME(this.word("refusing"));
      this.CONSUME3(t.OpenParenthesis);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => refuses.push(this.SUBRULE(this.nameRule)),
      });
      this.CONSUME3(t.CloseParenthesis);
    });
    return this.ACTION(() => ({
      kind: "raw",
      section,
      optional,
      matching,
      syscall,
      path,
      target,
      parameters,
      result,
      refuses,
      span: this.spanFrom(first),
    }));
  });

  private readonly eventRule = this.RULE("event", (): HookSyntax => {
    const parts: string[] = [];
    const first = this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.QuotedName) },
      { ALT: () => this.CONSUME(this.word("namespace")) },
      { ALT: () => this.CONSUME(this.word("syscall")) },
    ]);
    this.ACTION(() => parts.push(this.nameOf(first).value));
    this.MANY(() => {
      this.CONSUME(t.Dot);
      const part = this.CONSUME(t.Word);
      this.ACTION(() => parts.push(this.nameOf(part).value));
    });
    return this.ACTION(() => {
      const span = this.spanFrom(first);
      return { kind: "event", name: { kind: "name", text: parts.join("."), span }, span };
    });
  });

  protected readonly hookRule: ParserMethod<[], HookSyntax> = this.RULE("hook", () =>
    this.OR<HookSyntax>([
      { ALT: () => this.SUBRULE(this.rawHookRule) },
      { ALT: () => this.SUBRULE(this.eventRule) },
    ]),
  );
}
