//! Asks a condition. Each step is counted, so that what whoever attests has written cannot make anybody wait.

use super::{
    ast::{Binary, Expr, Loop, Node, Unary},
    error::{Fault, Kind, shown},
    operate,
    value::{List, Map, Value},
};
use crate::budget;
use serde_json::Value as Json;

pub(super) type Evaluated<'a> = Result<Value<'a>, Box<Fault>>;

pub(super) struct Evaluation<'a> {
    predicate: &'a Json,
    signer: &'a Json,
    /// The variables of the loops around.
    locals: Vec<Value<'a>>,
    steps: Steps,
}

/// How much was done so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Steps(usize);

impl Steps {
    /// What an error costs that `&&` or `||` may forget: it is put together all the same.
    const ERROR: usize = 8;
    /// What it costs to write a value in another way, on top of its bytes: numbers, dates.
    pub(super) const CONVERSION: usize = 16;
    /// Bytes that are compared, searched or copied in the time of a step.
    const BYTES: usize = 16;

    #[cfg(test)]
    pub(super) fn spent(&self) -> usize {
        self.0
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Kind> {
        self.0 = self.0.saturating_add(steps);
        if self.0 <= budget::CONDITION_STEPS {
            return Ok(());
        }
        Err(Kind::OverBudget { what: "steps", limit: budget::CONDITION_STEPS })
    }

    /// For a key in a map of so many entries: as many keys are compared as a tree is deep.
    pub(super) fn lookup(&mut self, entries: usize, key: usize) -> Result<(), Kind> {
        let depth = entries.checked_ilog2().and_then(|depth| usize::try_from(depth).ok()).unwrap_or_default();
        self.spend(depth)?;
        self.bytes(key)
    }

    /// For so many bytes.
    pub(super) fn bytes(&mut self, bytes: usize) -> Result<(), Kind> {
        self.spend(bytes / Self::BYTES)
    }
}

/// `&&` or `||` over results: errors count only where no value decides, and it makes no difference in which order they come.
struct Junction {
    decisive: bool,
    fault: Option<Box<Fault>>,
}

impl Junction {
    /// Whether this one decides.
    fn takes(&mut self, result: Evaluated<'_>, at: usize, steps: &mut Steps) -> Result<bool, Box<Fault>> {
        let fault = match truth(result, at) {
            Ok(value) => return Ok(value == self.decisive),
            Err(fault) if matches!(fault.kind, Kind::OverBudget { .. }) => return Err(fault),
            Err(fault) => fault,
        };
        steps.spend(Steps::ERROR).map_err(|kind| kind.at(at))?;
        self.fault.get_or_insert(fault);
        Ok(false)
    }

    /// If none decided.
    fn end<'a>(self) -> Evaluated<'a> {
        self.fault.map_or(Ok(Value::Bool(!self.decisive)), Err)
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(predicate: &'a Json, signer: &'a Json) -> Self {
        Self { predicate, signer, locals: Vec::new(), steps: Steps::default() }
    }

    /// What `expr` says, and the steps that it took.
    pub(super) fn run(mut self, expr: &'a Expr) -> (Result<bool, Box<Fault>>, Steps) {
        let result = self.eval(expr);
        (truth(result, expr.at), self.steps)
    }

    fn spend(&mut self, steps: usize, at: usize) -> Result<(), Box<Fault>> {
        self.steps.spend(steps).map_err(|kind| kind.at(at))
    }

    fn eval(&mut self, expr: &'a Expr) -> Evaluated<'a> {
        self.spend(1, expr.at)?;
        match &expr.node {
            Node::Literal(literal) => Ok(literal.into()),
            Node::Predicate => Ok(self.predicate.into()),
            Node::Signer => Ok(self.signer.into()),
            Node::Local(slot) => self.local(*slot, expr.at),
            Node::Select(of, field) => self.select(of, field, expr.at),
            Node::Has(of, field) => self.has(of, field, expr.at),
            Node::Unary(unary, of) => self.unary(*unary, of, expr.at),
            Node::Binary(binary, two) => self.binary(*binary, two, expr.at),
            Node::Matches(of, pattern) => {
                let of = self.eval(of)?;
                operate::matches(&of, pattern, &mut self.steps).map_err(|kind| kind.at(expr.at))
            }
            Node::Logic(decisive, terms) => self.logic(*decisive, terms),
            Node::Choose(three) => {
                let [condition, yes, no] = &**three;
                if truth(self.eval(condition), condition.at)? { self.eval(yes) } else { self.eval(no) }
            }
            Node::List(items) => {
                self.spend(items.len(), expr.at)?;
                let items = items.iter().map(|item| self.eval(item)).collect::<Result<_, _>>()?;
                Ok(Value::list(items))
            }
            Node::Map(entries) => self.map(entries),
            Node::Loop(kind, range, bodies) => self.looped(*kind, range, bodies, expr.at),
        }
    }

    /// The parser gave the slot: it is there.
    fn local(&self, slot: usize, at: usize) -> Evaluated<'a> {
        let unbound = || Kind::Variable { name: "variable".to_owned() }.at(at);
        self.locals.get(slot).cloned().ok_or_else(unbound)
    }

    fn select(&mut self, of: &'a Expr, field: &str, at: usize) -> Evaluated<'a> {
        let of = self.eval(of)?;
        let found = operate::field(&of, field, &mut self.steps).map_err(|kind| kind.at(at))?;
        found.ok_or_else(|| Kind::MissingKey { key: shown(field) }.at(at))
    }

    fn has(&mut self, of: &'a Expr, field: &str, at: usize) -> Evaluated<'a> {
        let of = self.eval(of)?;
        let found = operate::field(&of, field, &mut self.steps).map_err(|kind| kind.at(at))?;
        Ok(Value::Bool(found.is_some()))
    }

    fn unary(&mut self, unary: Unary, of: &'a Expr, at: usize) -> Evaluated<'a> {
        let of = self.eval(of)?;
        operate::unary(unary, of, &mut self.steps).map_err(|kind| kind.at(at))
    }

    fn binary(&mut self, binary: Binary, two: &'a [Expr; 2], at: usize) -> Evaluated<'a> {
        let [left, right] = two;
        let (left, right) = (self.eval(left)?, self.eval(right)?);
        operate::binary(binary, left, right, &mut self.steps).map_err(|kind| kind.at(at))
    }

    fn logic(&mut self, decisive: bool, terms: &'a [Expr]) -> Evaluated<'a> {
        let mut junction = Junction { decisive, fault: None };
        for term in terms {
            let result = self.eval(term);
            if junction.takes(result, term.at, &mut self.steps)? {
                return Ok(Value::Bool(decisive));
            }
        }
        junction.end()
    }

    fn map(&mut self, entries: &'a [[Expr; 2]]) -> Evaluated<'a> {
        let mut made: Vec<[Value<'a>; 2]> = Vec::with_capacity(entries.len());
        for [key_expr, value] in entries {
            let key = self.eval(key_expr)?;
            operate::key(&key).map_err(|kind| kind.at(key_expr.at))?;
            for [other, _] in &made {
                if operate::equal(other, &key, &mut self.steps).map_err(|kind| kind.at(key_expr.at))? {
                    return Err(Kind::RepeatedKey { key: operate::quoted(&key) }.at(key_expr.at));
                }
            }
            made.push([key, self.eval(value)?]);
        }
        Ok(Value::Map(Map::Made(made.into())))
    }

    fn looped(&mut self, kind: Loop, range: &'a Expr, bodies: &'a [Expr], at: usize) -> Evaluated<'a> {
        let items = match self.eval(range)? {
            Value::List(items) => items,
            Value::Map(map) => {
                self.spend(map.len(), at)?;
                List::Made(map.entries().into_iter().map(|[key, _]| key).collect())
            }
            other => return Err(Kind::Operands { operation: kind.name(), found: vec![other.type_of()] }.at(at)),
        };
        let (body, transform) = match bodies {
            [body] => (body, None),
            [body, transform] => (body, Some(transform)),
            _ => {
                return Err(Kind::Arguments { function: kind.name().to_owned(), takes: "one expression or two" }.at(at));
            }
        };
        match kind {
            Loop::All | Loop::Exists => self.any(kind == Loop::Exists, &items, body),
            Loop::ExistsOne => {
                let mut count = 0;
                for item in items.iter() {
                    count += usize::from(self.asked(item, body)?);
                }
                Ok(Value::Bool(count == 1))
            }
            Loop::Filter => {
                let mut kept = Vec::new();
                for item in items.iter() {
                    if self.asked(item.clone(), body)? {
                        kept.push(item);
                    }
                }
                made(kept, at)
            }
            Loop::Map => self.mapped(&items, body, transform, at),
        }
    }

    /// `exists` is a long `||`, and `all` a long `&&`.
    fn any(&mut self, decisive: bool, items: &List<'a>, body: &'a Expr) -> Evaluated<'a> {
        let mut junction = Junction { decisive, fault: None };
        for item in items.iter() {
            let result = self.with(item, body);
            if junction.takes(result, body.at, &mut self.steps)? {
                return Ok(Value::Bool(decisive));
            }
        }
        junction.end()
    }

    /// With two bodies the first is a filter.
    fn mapped(&mut self, items: &List<'a>, body: &'a Expr, transform: Option<&'a Expr>, at: usize) -> Evaluated<'a> {
        self.spend(items.len(), at)?;
        let mut mapped = Vec::new();
        for item in items.iter() {
            match transform {
                None => mapped.push(self.with(item, body)?),
                Some(transform) => {
                    if self.asked(item.clone(), body)? {
                        mapped.push(self.with(item, transform)?);
                    }
                }
            }
        }
        made(mapped, at)
    }

    /// `body`, with the loop's variable being `item`.
    fn with(&mut self, item: Value<'a>, body: &'a Expr) -> Evaluated<'a> {
        self.locals.push(item);
        let result = self.eval(body);
        self.locals.pop();
        result
    }

    fn asked(&mut self, item: Value<'a>, body: &'a Expr) -> Result<bool, Box<Fault>> {
        truth(self.with(item, body), body.at)
    }
}

fn truth(result: Evaluated<'_>, at: usize) -> Result<bool, Box<Fault>> {
    match result? {
        Value::Bool(value) => Ok(value),
        other => Err(Kind::NotBool { found: other.type_of() }.at(at)),
    }
}

fn made(items: Vec<Value<'_>>, at: usize) -> Evaluated<'_> {
    operate::list(items).map_err(|kind| kind.at(at))
}
