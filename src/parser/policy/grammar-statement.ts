/** Grammar of statements: policies' heads, items, blocks' heads, rules. The entry rules of the parser. */
import type { IToken, ParserMethod } from "chevrotain";
import type { Source } from "../../source/source.ts";
import { HookGrammar } from "./grammar-hook.ts";
import { durationOf, integerValue, numberOf } from "./literals.ts";
import type {
  ActionSyntax,
  BlockSyntax,
  ConditionSyntax,
  DeclarationSyntax,
  HookSyntax,
  ImportSyntax,
  GroupSyntax,
  LimitSyntax,
  LiteralSyntax,
  NameSyntax,
  PolicySyntax,
  RuleSyntax,
  ScopeSyntax,
  SeveritySyntax,
  StringListSyntax,
  StringSyntax,
  TextItemSyntax,
  ValueSyntax,
} from "./syntax.ts";
import * as t from "./tokens.ts";
import type { Mode } from "./tree.ts";

export type PolicyHead = Omit<PolicySyntax, "items" | "body">;
export type BlockHead = Omit<BlockSyntax, "items" | "body">;

export class StatementGrammar extends HookGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /** Gets ready for the tokens of one statement of a source. */
  begin(source: Source, tokens: IToken[]): void {
    this.source = source;
    this.input = tokens;
  }

  readonly policyHead: ParserMethod<[], PolicyHead> = this.RULE("policy head", (): PolicyHead => {
    const first = this.CONSUME(this.word("policy"));
    const name = this.SUBRULE(this.stringRule);
    let namespace: StringSyntax | undefined;
    let mode: Mode | undefined;
    this.OPTION(() => {
      this.CONSUME(this.word("namespace"));
      namespace = this.SUBRULE2(this.stringRule);
    });
    this.OPTION2(() => {
      this.CONSUME(this.word("mode"));
      mode = this.OR<Mode>([
        { ALT: () => (this.CONSUME(this.word("enforce")), "enforce") },
        { ALT: () => (this.CONSUME(this.word("monitor")), "monitor") },
      ]);
    });
    return this.ACTION(() => ({ kind: "policy", name, namespace, mode, span: this.spanFrom(first) }));
  });

  readonly importStatement: ParserMethod<[], ImportSyntax> = this.RULE("import", (): ImportSyntax => {
    const first = this.CONSUME(this.word("import"));
    const path = this.SUBRULE(this.stringRule);
    return this.ACTION(() => ({ kind: "import", path, span: this.spanFrom(first) }));
  });

  private readonly stringListRule = this.RULE("list of texts", (): StringListSyntax => {
    const elements: StringSyntax[] = [];
    const first = this.CONSUME(t.OpenBracket);
    let more = true;
    this.MANY({
      GATE: () => more,
      DEF: () => {
        elements.push(this.SUBRULE(this.stringRule));
        more = false;
        this.OPTION(() => {
          this.CONSUME(t.Comma);
          more = true;
        });
      },
    });
    this.CONSUME(t.CloseBracket);
    return this.ACTION(() => ({ kind: "string-list", elements, span: this.spanFrom(first) }));
  });

  readonly textItem: ParserMethod<[], TextItemSyntax> = this.RULE("item", (): TextItemSyntax => {
    const first = this.LA(1);
    return this.OR<TextItemSyntax>([
      {
        ALT: () => {
          this.CONSUME(this.word("description"));
          const value = this.SUBRULE(this.stringRule);
          return this.ACTION(() => ({ kind: "description", value, span: this.spanFrom(first) }));
        },
      },
      {
        ALT: () => {
          this.CONSUME(this.word("message"));
          const value = this.SUBRULE2(this.stringRule);
          return this.ACTION(() => ({ kind: "message", value, span: this.spanFrom(first) }));
        },
      },
      {
        ALT: () => {
          this.CONSUME(this.word("tags"));
          const values = this.SUBRULE(this.stringListRule);
          return this.ACTION(() => ({ kind: "tags", values, span: this.spanFrom(first) }));
        },
      },
    ]);
  });

  readonly severityItem: ParserMethod<[], SeveritySyntax> = this.RULE("severity", (): SeveritySyntax => {
    const first = this.CONSUME(this.word("severity"));
    const value = this.CONSUME(t.Integer);
    return this.ACTION(() => ({
      kind: "severity",
      value: integerValue(value.image),
      span: this.spanFrom(first),
    }));
  });

  readonly scopeItem: ParserMethod<[], ScopeSyntax> = this.RULE("scope", (): ScopeSyntax => {
    const first = this.CONSUME(this.word("applies"));
    this.CONSUME(this.word("to"));
    let condition: ConditionSyntax | undefined;
    const workloads = this.OR<ScopeSyntax["workloads"]>([
      { ALT: () => (this.CONSUME(this.word("everything")), "everything") },
      { ALT: () => (this.CONSUME(this.word("containers")), "containers") },
      {
        ALT: () => {
          this.CONSUME(this.word("host"));
          let both: ScopeSyntax["workloads"] = "host";
          this.OPTION(() => {
            this.CONSUME(this.word("and"));
            this.CONSUME2(this.word("containers"));
            both = "host and containers";
          });
          return both;
        },
      },
    ]);
    this.OPTION2({
      GATE: () => workloads !== "everything" && workloads !== "host",
      DEF: () => {
        this.CONSUME(this.word("where"));
        condition = this.SUBRULE(this.conditionRule);
      },
    });
    return this.ACTION(() => ({ kind: "scope", workloads, condition, span: this.spanFrom(first) }));
  });

  readonly declaration: ParserMethod<[], DeclarationSyntax> = this.RULE(
    "declaration",
    (): DeclarationSyntax =>
      this.OR<DeclarationSyntax>([
        { ALT: () => this.SUBRULE(this.paramRule) },
        {
          ALT: () => {
            const first = this.CONSUME(this.word("let"));
            const name = this.SUBRULE(this.nameRule);
            this.CONSUME(t.Assign);
            const value = this.SUBRULE(this.valueRule);
            return this.ACTION(() => ({ kind: "let", name, value, span: this.spanFrom(first) }));
          },
        },
        {
          ALT: () => {
            const first = this.CONSUME(this.word("define"));
            const name = this.SUBRULE2(this.nameRule);
            this.CONSUME2(t.Assign);
            const condition = this.SUBRULE(this.conditionRule);
            return this.ACTION(() => ({ kind: "define", name, condition, span: this.spanFrom(first) }));
          },
        },
      ]),
  );

  private readonly paramRule: ParserMethod<[], DeclarationSyntax> = this.RULE(
    "param",
    (): DeclarationSyntax => {
      const first = this.CONSUME(this.word("param"));
      const name = this.SUBRULE(this.nameRule);
      this.CONSUME(t.Colon);
      const type: NameSyntax = this.SUBRULE2(this.nameRule);
      let isList = false;
      let value: ValueSyntax | undefined;
      this.OPTION(() => {
        this.CONSUME(t.OpenBracket);
        this.CONSUME(t.CloseBracket);
        isList = true;
      });
      this.OPTION2(() => {
        this.CONSUME(t.Assign);
        value = this.SUBRULE(this.valueRule);
      });
      return this.ACTION(() => ({ kind: "param", name, type, isList, value, span: this.spanFrom(first) }));
    },
  );

  private readonly groupRule = this.RULE("group", (): GroupSyntax => {
    const first = this.CONSUME(this.word("group"));
    const name = this.SUBRULE(this.stringRule);
    let precedence: IToken | undefined;
    this.OPTION(() => {
      this.CONSUME(this.word("precedence"));
      precedence = this.CONSUME(t.Integer);
    });
    return this.ACTION(() => ({
      kind: "group",
      name,
      precedence: precedence && integerValue(precedence.image),
      span: this.spanFrom(first),
    }));
  });

  readonly blockHead: ParserMethod<[], BlockHead> = this.RULE("block head", (): BlockHead => {
    const first = this.CONSUME(this.word("on"));
    const hooks: HookSyntax[] = [];
    let group: GroupSyntax | undefined;
    let condition: ConditionSyntax | undefined;
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => hooks.push(this.SUBRULE(this.hookRule)) });
    this.OPTION(() => {
      this.CONSUME(this.word("in"));
      group = this.SUBRULE(this.groupRule);
    });
    this.OPTION2(() => {
      this.CONSUME(this.word("when"));
      condition = this.SUBRULE(this.conditionRule);
    });
    return this.ACTION(() => ({ kind: "block", hooks, group, condition, span: this.spanFrom(first) }));
  });

  private readonly limits: { ALT: () => LimitSyntax | undefined }[] = [
    {
      ALT: () => {
        this.CONSUME(this.word("default"));
        return undefined;
      },
    },
    { ALT: () => this.SUBRULE(this.boundsRule) },
  ];

  private readonly limitRule: ParserMethod<[], ActionSyntax> = this.RULE("limit", (): ActionSyntax => {
    const first = this.CONSUME(this.word("limit"));
    const bounds = this.OR(this.limits);
    return this.ACTION(() => {
      const span = this.spanFrom(first);
      return bounds === undefined ? { kind: "default-limit", span } : { ...bounds, span };
    });
  });

  private readonly boundsRule: ParserMethod<[], LimitSyntax> = this.RULE("numbers of a limit", () => {
    const first = this.LA(1);
    const count = this.CONSUME(t.Integer);
    let alike = false;
    let mute: IToken | undefined;
    let scope: NameSyntax | undefined;
    this.OPTION3(() => {
      this.CONSUME(this.word("alike"));
      alike = true;
    });
    this.CONSUME(this.word("per"));
    const window = this.CONSUME(t.Duration);
    this.OPTION(() => {
      this.CONSUME(this.word("then"));
      this.CONSUME(this.word("mute"));
      mute = this.CONSUME2(t.Duration);
    });
    this.OPTION2(() => {
      this.CONSUME2(this.word("per"));
      scope = this.SUBRULE(this.nameRule);
    });
    return this.ACTION((): LimitSyntax => ({
      kind: "limit",
      count: numberOf(count, this.tokenSpan(count)),
      alike,
      window: durationOf(window, this.tokenSpan(window)),
      mute: mute && durationOf(mute, this.tokenSpan(mute)),
      scope,
      span: this.spanFrom(first),
    }));
  });

  private readonly valuedActions: { ALT: () => "deny" | "kill" }[] = [
    { ALT: () => (this.CONSUME(this.word("deny")), "deny") },
    { ALT: () => (this.CONSUME(this.word("kill")), "kill") },
  ];

  private readonly valuedActionRule = this.RULE("action with a value", (): ActionSyntax => {
    const first = this.LA(1);
    let value: LiteralSyntax | undefined;
    const kind = this.OR(this.valuedActions);
    this.OPTION(() => {
      value = this.SUBRULE(this.literalRule);
    });
    return this.ACTION(() => ({ kind, value, span: this.spanFrom(first) }));
  });

  private readonly alertRule = this.RULE("alert", (): ActionSyntax => {
    const first = this.CONSUME(this.word("alert"));
    let template: StringSyntax | undefined;
    this.OPTION(() => {
      template = this.SUBRULE(this.stringRule);
    });
    return this.ACTION(() => ({ kind: "alert", template, span: this.spanFrom(first) }));
  });

  private readonly namedActions: { ALT: () => "stack" | "track" | "untrack" }[] = [
    { ALT: () => (this.CONSUME(this.word("stack")), "stack") },
    { ALT: () => (this.CONSUME(this.word("track")), "track") },
    { ALT: () => (this.CONSUME(this.word("untrack")), "untrack") },
  ];

  private readonly namedActionRule = this.RULE("action with a name", (): ActionSyntax => {
    const first = this.LA(1);
    const kind = this.OR(this.namedActions);
    const subject = this.SUBRULE(this.nameRule);
    return this.ACTION(() => ({ kind, subject, span: this.spanFrom(first) }));
  });

  private readonly requests: { ALT: () => "fetch" | "resolve" }[] = [
    { ALT: () => (this.CONSUME(this.word("fetch")), "fetch") },
    { ALT: () => (this.CONSUME(this.word("resolve")), "resolve") },
  ];

  private readonly requestRule = this.RULE("request", (): ActionSyntax => {
    const first = this.LA(1);
    const kind = this.OR(this.requests);
    const target = this.SUBRULE(this.stringRule);
    return this.ACTION(() => ({ kind, target, span: this.spanFrom(first) }));
  });

  private plainAction(kind: "allow" | "silent", token: IToken): ActionSyntax {
    return this.ACTION(() => ({ kind, span: this.tokenSpan(token) }));
  }

  private readonly actions: { ALT: () => ActionSyntax }[] = [
    { ALT: () => this.plainAction("allow", this.CONSUME(this.word("allow"))) },
    { ALT: () => this.plainAction("silent", this.CONSUME(this.word("silent"))) },
    { ALT: () => this.SUBRULE(this.valuedActionRule) },
    { ALT: () => this.SUBRULE(this.alertRule) },
    { ALT: () => this.SUBRULE(this.limitRule) },
    { ALT: () => this.SUBRULE(this.namedActionRule) },
    { ALT: () => this.SUBRULE(this.requestRule) },
  ];

  private readonly actionRule: ParserMethod<[], ActionSyntax> = this.RULE("action", (): ActionSyntax =>
    this.OR(this.actions),
  );

  readonly rule: ParserMethod<[], RuleSyntax> = this.RULE("rule", (): RuleSyntax => {
    const first = this.LA(1);
    let label: StringSyntax | undefined;
    let otherwise = false;
    const actions: ActionSyntax[] = [];
    let condition: ConditionSyntax | undefined;
    this.OPTION(() => {
      this.CONSUME(this.word("rule"));
      label = this.SUBRULE(this.stringRule);
      this.CONSUME(t.Colon);
    });
    this.OPTION2(() => {
      this.CONSUME(this.word("otherwise"));
      otherwise = true;
    });
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => actions.push(this.SUBRULE(this.actionRule)) });
    this.OPTION3({
      GATE: () => !otherwise,
      DEF: () => {
        this.CONSUME(this.word("when"));
        condition = this.SUBRULE(this.conditionRule);
      },
    });
    return this.ACTION(() => ({
      kind: "rule",
      label,
      otherwise,
      actions,
      condition,
      span: this.spanFrom(first),
    }));
  });
}
