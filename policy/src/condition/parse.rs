//! Reads a condition: CEL's grammar, with names resolved on the way.

use super::{
    ast::{Binary, Expr, Literal, Loop, Node, Type, Unary},
    error::{Fault, Kind, shown},
    lex::{Lexer, Token, Word},
    pattern::Pattern,
};
use crate::budget;
use core::mem;

type Parsed<T> = Result<T, Box<Fault>>;

/// What may not be a name (cel-spec, "Syntax").
const RESERVED: [&str; 21] = [
    "false",
    "in",
    "null",
    "true",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Reads `text`, which has to ask something of the evidence.
pub(super) fn parse(text: &str) -> Parsed<Expr> {
    if text.len() > budget::CONDITION_BYTES {
        return Err(over("bytes", budget::CONDITION_BYTES).at(0));
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        word: Word { at: 0, token: Token::End },
        scope: Vec::new(),
        depth: 0,
        nodes: 0,
    };
    parser.bump()?;
    let expr = parser.expression()?;
    if parser.word.token != Token::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    varying(&expr)?;
    Ok(expr)
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    /// The one that is next.
    word: Word<'s>,
    /// The variables of the loops around, and whether evidence can change them.
    scope: Vec<(&'s str, bool)>,
    depth: usize,
    nodes: usize,
}

impl<'s> Parser<'s> {
    fn bump(&mut self) -> Parsed<Word<'s>> {
        let next = self.lexer.next().map_err(|(at, kind)| kind.at(at))?;
        Ok(mem::replace(&mut self.word, next))
    }

    /// Goes past `sign`, if it is next.
    fn eat(&mut self, sign: &'static str) -> Parsed<bool> {
        let here = self.word.token == Token::Sign(sign);
        if here {
            self.bump()?;
        }
        Ok(here)
    }

    fn expect(&mut self, sign: &'static str, expected: &'static str) -> Parsed<()> {
        if self.eat(sign)? { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn unexpected(&self, expected: &'static str) -> Box<Fault> {
        let found = match &self.word.token {
            Token::Name(name) | Token::Field(name) => format!("`{}`", shown(name)),
            Token::Int(_) | Token::Uint(_) | Token::Double(_) => "a number".to_owned(),
            Token::String(_) => "a string".to_owned(),
            Token::Bytes(_) => "bytes".to_owned(),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        };
        Kind::Syntax { expected, found }.at(self.word.at)
    }

    /// Counts a node, and knows of it what its parts know.
    fn node(&mut self, at: usize, node: Node) -> Parsed<Expr> {
        self.nodes += 1;
        if self.nodes > budget::CONDITION_NODES {
            return Err(over("operators, names and literals", budget::CONDITION_NODES).at(at));
        }
        let (mut depth, mut varies) = (0, matches!(node, Node::Predicate | Node::Signer));
        if let Node::Local(slot) = node {
            varies = self.scope.get(slot).is_some_and(|(_, varies)| *varies);
        }
        node.each(|inner| {
            depth = depth.max(inner.depth);
            varies |= inner.varies;
        });
        within_nesting(depth + 1, at)?;
        Ok(Expr { at, depth: depth + 1, varies, node })
    }

    /// Reads what is one level further in. Each level is counted before it is entered.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        within_nesting(self.depth, self.word.at)?;
        let inner = read(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| {
            let condition = parser.logic("||", true)?;
            let at = parser.word.at;
            if !parser.eat("?")? {
                return Ok(condition);
            }
            varying(&condition)?;
            let yes = parser.logic("||", true)?;
            parser.expect(":", "`:` and what else it is")?;
            let no = parser.expression()?;
            parser.node(at, Node::Choose(Box::new([condition, yes, no])))
        })
    }

    /// A row of `||`, or of `&&` inside.
    fn logic(&mut self, sign: &'static str, decisive: bool) -> Parsed<Expr> {
        let at = self.word.at;
        let term = |parser: &mut Self| if decisive { parser.logic("&&", false) } else { parser.relation(1) };
        let first = term(self)?;
        if self.word.token != Token::Sign(sign) {
            return Ok(first);
        }
        varying(&first)?;
        let mut terms = vec![first];
        while self.eat(sign)? {
            let next = term(self)?;
            varying(&next)?;
            terms.push(next);
        }
        self.node(at, Node::Logic(decisive, terms))
    }

    /// A row of operators that bind at least so strongly.
    fn relation(&mut self, least: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let sign = match self.word.token {
                Token::Sign(sign) => sign,
                Token::Name("in") => "in",
                _ => return Ok(left),
            };
            let Some((power, operator)) = Binary::operator(sign).filter(|(power, _)| *power >= least) else {
                return Ok(left);
            };
            let at = self.bump()?.at;
            let right = self.relation(power + 1)?;
            left = self.node(at, Node::Binary(operator, Box::new([left, right])))?;
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let at = self.word.at;
        let operator = match self.word.token {
            Token::Sign("!") => Unary::Not,
            Token::Sign("-") => Unary::Negate,
            _ => return self.member(),
        };
        self.bump()?;
        if operator == Unary::Negate && matches!(self.word.token, Token::Int(_) | Token::Double(_)) {
            return self.negative(at);
        }
        let inner = self.deeper(Self::unary)?;
        self.node(at, Node::Unary(operator, Box::new(inner)))
    }

    /// A number with its sign: the least `int` has no other spelling.
    fn negative(&mut self, at: usize) -> Parsed<Expr> {
        let literal = match self.bump()?.token {
            Token::Int(magnitude) => Literal::Int(0_i64.checked_sub_unsigned(magnitude).ok_or_else(|| too_large(at))?),
            Token::Double(value) => Literal::Double(-value),
            _ => return Err(self.unexpected("a number")),
        };
        let number = self.node(at, Node::Literal(literal))?;
        self.members_of(number)
    }

    fn member(&mut self) -> Parsed<Expr> {
        let primary = self.primary()?;
        self.members_of(primary)
    }

    fn members_of(&mut self, mut expr: Expr) -> Parsed<Expr> {
        loop {
            let at = self.word.at;
            if self.eat("[")? {
                let index = self.expression()?;
                self.expect("]", "`]`")?;
                expr = self.node(at, Node::Binary(Binary::Index, Box::new([expr, index])))?;
            } else if self.eat(".")? {
                expr = self.selected(expr)?;
            } else {
                return Ok(expr);
            }
        }
    }

    /// A field of `of`, or a function called on it.
    fn selected(&mut self, of: Expr) -> Parsed<Expr> {
        let word = self.bump()?;
        let name = match word.token {
            Token::Name(name) if !["false", "in", "null", "true"].contains(&name) => name,
            Token::Field(name) => return self.node(word.at, Node::Select(Box::new(of), name.to_owned())),
            token => {
                self.word = Word { at: word.at, token };
                return Err(self.unexpected("the name of a field or function"));
            }
        };
        if !self.eat("(")? {
            return self.node(word.at, Node::Select(Box::new(of), name.to_owned()));
        }
        if let Some(kind) = Loop::named(name) {
            return self.looped(word.at, kind, of);
        }
        let arguments = self.arguments()?;
        self.method(word.at, name, of, arguments)
    }

    /// What stands in the parentheses of a macro: its variable, and one expression or two.
    fn looped(&mut self, at: usize, kind: Loop, range: Expr) -> Parsed<Expr> {
        let variable = match self.word.token {
            Token::Name(name) if !RESERVED.contains(&name) => name,
            _ => return Err(self.unexpected("the name of a variable")),
        };
        self.bump()?;
        self.expect(",", "`,` and what is asked of each")?;
        self.scope.push((variable, range.varies));
        let body = self.expression()?;
        if matches!(kind, Loop::All | Loop::Exists | Loop::ExistsOne) {
            varying(&body)?;
        }
        let mut bodies = vec![body];
        if kind == Loop::Map && self.eat(",")? {
            bodies.push(self.expression()?);
        }
        self.expect(")", "`)`")?;
        let expr = self.node(at, Node::Loop(kind, Box::new(range), bodies));
        self.scope.pop();
        expr
    }

    fn method(&mut self, at: usize, name: &str, of: Expr, arguments: Vec<Expr>) -> Parsed<Expr> {
        let wrong = |takes| Err(Kind::Arguments { function: name.to_owned(), takes }.at(at));
        let of = Box::new(of);
        if let Some(unary) = Unary::method(name) {
            return if arguments.is_empty() { self.node(at, Node::Unary(unary, of)) } else { wrong("no argument") };
        }
        let binary = Binary::method(name);
        if binary.is_none() && name != "matches" {
            return Err(Kind::Function { name: shown(name) }.at(at));
        }
        match (<[Expr; 1]>::try_from(arguments), binary) {
            (Ok([argument]), Some(binary)) => self.node(at, Node::Binary(binary, Box::new([*of, argument]))),
            (Ok([argument]), None) => self.matches(at, of, argument),
            (Err(_), _) => wrong("one argument"),
        }
    }

    fn function(&mut self, at: usize, name: &str) -> Parsed<Expr> {
        let wrong = |takes| Kind::Arguments { function: name.to_owned(), takes }.at(at);
        if name == "has" {
            let of = <[Expr; 1]>::try_from(self.arguments()?);
            return match of.map(|[of]| of.node) {
                Ok(Node::Select(of, field)) => self.node(at, Node::Has(of, field)),
                _ => Err(wrong("a field, as in `has(predicate.level)`")),
            };
        }
        let arguments = self.arguments()?;
        if name == "matches" {
            let [of, pattern] = <[Expr; 2]>::try_from(arguments).map_err(|_| wrong("two arguments"))?;
            return self.matches(at, Box::new(of), pattern);
        }
        let unary = Unary::named(name).ok_or_else(|| Kind::Function { name: shown(name) }.at(at))?;
        let [of] = <[Expr; 1]>::try_from(arguments).map_err(|_| wrong("one argument"))?;
        self.node(at, Node::Unary(unary, Box::new(of)))
    }

    /// A pattern from the evidence would be a judge whom the accused has chosen: it is written in the condition.
    fn matches(&mut self, at: usize, of: Box<Expr>, pattern: Expr) -> Parsed<Expr> {
        let Node::Literal(Literal::String(written)) = pattern.node else {
            return Err(Kind::Pattern { why: "it is not written out as one string".to_owned() }.at(pattern.at));
        };
        let pattern = Pattern::parse(&written).map_err(|kind| kind.at(pattern.at))?;
        self.node(at, Node::Matches(of, pattern))
    }

    /// Up to the closing parenthesis.
    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut arguments = Vec::new();
        while !self.eat(")")? {
            if !arguments.is_empty() {
                self.expect(",", "`,` or `)`")?;
            }
            arguments.push(self.expression()?);
        }
        Ok(arguments)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let Word { at, token } = self.bump()?;
        let literal = match token {
            Token::Name("true") => Literal::Bool(true),
            Token::Name("false") => Literal::Bool(false),
            Token::Name("null") => Literal::Null,
            Token::Int(value) => Literal::Int(i64::try_from(value).map_err(|_| too_large(at))?),
            Token::Uint(value) => Literal::Uint(value),
            Token::Double(value) => Literal::Double(value),
            Token::String(text) => Literal::String(text),
            Token::Bytes(bytes) => Literal::Bytes(bytes),
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.expect(")", "`)`")?;
                return Ok(inner);
            }
            Token::Sign("[") => return self.list(at),
            Token::Sign("{") => return self.map(at),
            Token::Sign(".") => return self.outermost(),
            Token::Name(name) if !RESERVED.contains(&name) => return self.named(at, name),
            token => {
                self.word = Word { at, token };
                return Err(self.unexpected("an expression"));
            }
        };
        self.node(at, Node::Literal(literal))
    }

    /// A name after a dot: no variable of a loop is meant.
    fn outermost(&mut self) -> Parsed<Expr> {
        let Token::Name(name @ ("predicate" | "signer")) = self.word.token else {
            return Err(self.unexpected("`predicate` or `signer`"));
        };
        let at = self.bump()?.at;
        self.node(at, if name == "signer" { Node::Signer } else { Node::Predicate })
    }

    fn named(&mut self, at: usize, name: &'s str) -> Parsed<Expr> {
        if self.eat("(")? {
            return self.function(at, name);
        }
        let local = self.scope.iter().rposition(|(variable, _)| *variable == name);
        let node = match (local, name) {
            (Some(slot), _) => Node::Local(slot),
            (None, "predicate") => Node::Predicate,
            (None, "signer") => Node::Signer,
            (None, name) => match Type::named(name) {
                Some(of) => Node::Literal(Literal::Type(of)),
                None => return Err(Kind::Variable { name: shown(name) }.at(at)),
            },
        };
        self.node(at, node)
    }

    /// Items with commas between them, and perhaps one after the last, up to `end`.
    fn items<T>(&mut self, end: &'static str, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat(end)? {
            items.push(item(self)?);
            if self.word.token != Token::Sign(end) {
                self.expect(",", if end == "]" { "`,` or `]`" } else { "`,` or `}`" })?;
            }
        }
        Ok(items)
    }

    fn list(&mut self, at: usize) -> Parsed<Expr> {
        let items = self.items("]", Self::expression)?;
        self.node(at, Node::List(items))
    }

    fn map(&mut self, at: usize) -> Parsed<Expr> {
        let entries = self.items("}", |parser| {
            let key = parser.expression()?;
            parser.expect(":", "`:` and a value")?;
            Ok([key, parser.expression()?])
        })?;
        self.node(at, Node::Map(entries))
    }
}

/// What is the same for all evidence decides nothing, and beside `||` it decides everything.
fn varying(expr: &Expr) -> Parsed<()> {
    if expr.varies { Ok(()) } else { Err(Kind::Constant.at(expr.at)) }
}

fn within_nesting(depth: usize, at: usize) -> Parsed<()> {
    if depth <= budget::CONDITION_NESTING { Ok(()) } else { Err(over("levels", budget::CONDITION_NESTING).at(at)) }
}

fn over(what: &'static str, limit: usize) -> Kind {
    Kind::OverBudget { what, limit }
}

fn too_large(at: usize) -> Box<Fault> {
    Kind::Literal { what: "number", why: "it does not fit into 64 bits" }.at(at)
}
