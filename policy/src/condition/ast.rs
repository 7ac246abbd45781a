//! What a condition is once it is read.

use super::{moment::Part, pattern::Pattern};

/// An expression, and what the parser has to know of it.
#[derive(Debug)]
pub(super) struct Expr {
    /// Where it is in the text, in bytes: its operator, where it has one.
    pub(super) at: usize,
    /// How deep it nests; itself counts.
    pub(super) depth: usize,
    /// Whether evidence can change its value.
    pub(super) varies: bool,
    pub(super) node: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    Literal(Literal),
    Predicate,
    Signer,
    /// The variable of a loop around it, counted from the outermost.
    Local(usize),
    Select(Box<Expr>, String),
    Has(Box<Expr>, String),
    Unary(Unary, Box<Expr>),
    Binary(Binary, Box<[Expr; 2]>),
    Matches(Box<Expr>, Pattern),
    /// `||` where the value that decides is `true`, `&&` where it is `false`. A row of them is one: the order has no meaning.
    Logic(bool, Vec<Expr>),
    Choose(Box<[Expr; 3]>),
    List(Vec<Expr>),
    Map(Vec<[Expr; 2]>),
    Loop(Loop, Box<Expr>, Vec<Expr>),
}

#[derive(Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
    Type(Type),
}

/// CEL's types, as far as there are values of them here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the type of types is named `type`")]
pub(super) enum Type {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    List,
    Map,
    Type,
    Duration,
    Timestamp,
}

/// What takes one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    Not,
    Negate,
    Size,
    To(Type),
    TypeOf,
    Dyn,
    Part(Part),
}

/// What takes two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Index,
    StartsWith,
    EndsWith,
    Contains,
}

/// What runs over a list, or over the keys of a map: its body is one expression, or for `map` with a filter two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loop {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

impl Node {
    /// Calls `see` with each expression directly inside.
    pub(super) fn each<'a>(&'a self, mut see: impl FnMut(&'a Expr)) {
        match self {
            Self::Literal(_) | Self::Predicate | Self::Signer | Self::Local(_) => {}
            Self::Select(one, _) | Self::Has(one, _) | Self::Unary(_, one) | Self::Matches(one, _) => see(one),
            Self::Binary(_, two) => two.iter().for_each(see),
            Self::Choose(three) => three.iter().for_each(see),
            Self::Logic(_, many) | Self::List(many) => many.iter().for_each(see),
            Self::Map(entries) => entries.iter().flatten().for_each(see),
            Self::Loop(_, range, bodies) => {
                see(range);
                bodies.iter().for_each(see);
            }
        }
    }
}

impl Type {
    /// Its name in CEL.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Map => "map",
            Self::Type => "type",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
        }
    }

    /// The type that a name denotes. The two of protocol buffers have no such name: no evidence is of them.
    pub(super) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Null,
            Self::Bool,
            Self::Int,
            Self::Uint,
            Self::Double,
            Self::String,
            Self::Bytes,
            Self::List,
            Self::Map,
            Self::Type,
        ];
        all.into_iter().find(|of| of.name() == name)
    }
}

impl Unary {
    /// The function `name(x)`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "size" => Self::Size,
            "type" => Self::TypeOf,
            "dyn" => Self::Dyn,
            "bool" => Self::To(Type::Bool),
            "int" => Self::To(Type::Int),
            "uint" => Self::To(Type::Uint),
            "double" => Self::To(Type::Double),
            "string" => Self::To(Type::String),
            "bytes" => Self::To(Type::Bytes),
            "duration" => Self::To(Type::Duration),
            "timestamp" => Self::To(Type::Timestamp),
            _ => return None,
        })
    }

    /// The function `x.name()`.
    pub(super) fn method(name: &str) -> Option<Self> {
        if name == "size" { Some(Self::Size) } else { Part::named(name).map(Self::Part) }
    }

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Not => "!",
            Self::Negate => "-",
            Self::Size => "size",
            Self::To(to) => to.name(),
            Self::TypeOf => "type",
            Self::Dyn => "dyn",
            Self::Part(part) => part.name(),
        }
    }
}

impl Binary {
    /// Every operator between two values, and how strongly it binds.
    const OPERATORS: [(&'static str, u8, Self); 12] = [
        ("==", 1, Self::Equal),
        ("!=", 1, Self::NotEqual),
        ("<", 1, Self::Less),
        ("<=", 1, Self::LessEqual),
        (">", 1, Self::Greater),
        (">=", 1, Self::GreaterEqual),
        ("in", 1, Self::In),
        ("+", 2, Self::Add),
        ("-", 2, Self::Subtract),
        ("*", 3, Self::Multiply),
        ("/", 3, Self::Divide),
        ("%", 3, Self::Remainder),
    ];

    /// The operator that is written so, and how strongly it binds.
    pub(super) fn operator(sign: &str) -> Option<(u8, Self)> {
        Self::OPERATORS.into_iter().find(|(written, ..)| *written == sign).map(|(_, power, binary)| (power, binary))
    }

    /// The function `x.name(y)`.
    pub(super) fn method(name: &str) -> Option<Self> {
        [Self::StartsWith, Self::EndsWith, Self::Contains].into_iter().find(|binary| binary.name() == name)
    }

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Index => "[]",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Contains => "contains",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
        }
    }
}

impl Loop {
    /// The macro `x.name(variable, …)`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let all = [Self::All, Self::Exists, Self::ExistsOne, Self::Filter, Self::Map];
        all.into_iter().find(|kind| kind.name() == name)
    }

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne => "exists_one",
            Self::Filter => "filter",
            Self::Map => "map",
        }
    }
}
