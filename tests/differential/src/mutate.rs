//! One change at a time.

use crate::corpus::Sample;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// SplitMix64: the same numbers from the same seed, everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).expect("small")).expect("small")
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

type Change = fn(&mut Value, &Sample, &mut Random) -> Option<String>;

const CHANGES: [(&str, Change); 11] = [
    ("a bit of a field", bit_of_field),
    ("a bit of the text", bit_of_text),
    ("a bit of a log entry's body", bit_of_body),
    ("a field of another bundle", swap),
    ("a field dropped", drop_field),
    ("an element twice", duplicate),
    ("elements in another order", reorder),
    ("another number", number),
    ("base64 in another form", reencode),
    ("a field nobody knows", unknown),
    ("a key twice", key_twice),
];

/// What was changed, and the bundle's text; tries another change where one does not apply.
pub fn mutate(sample: &Sample, other: &Sample, random: &mut Random) -> (&'static str, String) {
    loop {
        let &(kind, change) = random.pick(&CHANGES).expect("changes");
        let mut bundle = sample.bundle.clone();
        if let Some(text) = change(&mut bundle, other, random) {
            return (kind, text);
        }
    }
}

/// The pointers of everything under `value` that is `wanted`.
fn pointers(value: &Value, at: String, wanted: fn(&Value) -> bool, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, format!("{at}/{index}"), wanted, found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                pointers(field, format!("{at}/{name}"), wanted, found);
            }
        }
        _ => {}
    }
    if wanted(value) && !at.is_empty() {
        found.push(at);
    }
}

fn any(bundle: &Value, wanted: fn(&Value) -> bool, random: &mut Random) -> Option<String> {
    let mut found = Vec::new();
    pointers(bundle, String::new(), wanted, &mut found);
    random.pick(&found).cloned()
}

fn flip(bytes: &mut [u8], random: &mut Random) -> Option<()> {
    let at = random.below(bytes.len());
    *bytes.get_mut(at)? ^= 1 << random.below(8);
    Some(())
}

fn bit_of_field(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let pointer = any(bundle, Value::is_string, random)?;
    let field = bundle.pointer_mut(&pointer)?;
    let mut bytes = STANDARD.decode(field.as_str()?).ok()?;
    flip(&mut bytes, random)?;
    *field = json!(STANDARD.encode(bytes));
    Some(bundle.to_string())
}

fn bit_of_text(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let mut text = bundle.to_string().into_bytes();
    flip(&mut text, random)?;
    String::from_utf8(text).ok()
}

fn bit_of_body(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let field = bundle.pointer_mut("/verificationMaterial/tlogEntries/0/canonicalizedBody")?;
    let mut body: Value = serde_json::from_slice(&STANDARD.decode(field.as_str()?).ok()?).ok()?;
    let pointer = any(&body, Value::is_string, random)?;
    let inner = body.pointer_mut(&pointer)?;
    let mut bytes = inner.as_str()?.as_bytes().to_vec();
    flip(&mut bytes, random)?;
    *inner = json!(String::from_utf8(bytes).ok()?);
    *field = json!(STANDARD.encode(body.to_string()));
    Some(bundle.to_string())
}

fn swap(bundle: &mut Value, other: &Sample, random: &mut Random) -> Option<String> {
    let pointer = any(bundle, |_| true, random)?;
    let theirs = other.bundle.pointer(&pointer)?.clone();
    let ours = bundle.pointer_mut(&pointer)?;
    if *ours == theirs {
        return None;
    }
    *ours = theirs;
    Some(bundle.to_string())
}

fn drop_field(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let pointer = any(bundle, |_| true, random)?;
    let (parent, name) = pointer.rsplit_once('/')?;
    match bundle.pointer_mut(parent)? {
        Value::Object(fields) => drop(fields.remove(name)?),
        Value::Array(items) => drop(items.remove(name.parse().ok()?)),
        _ => return None,
    }
    Some(bundle.to_string())
}

fn duplicate(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let pointer = any(bundle, Value::is_array, random)?;
    let items = bundle.pointer_mut(&pointer)?.as_array_mut()?;
    let item = random.pick(items)?.clone();
    items.push(item);
    Some(bundle.to_string())
}

fn reorder(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let pointer = any(bundle, |value| value.as_array().is_some_and(|items| items.len() > 1), random)?;
    let items = bundle.pointer_mut(&pointer)?.as_array_mut()?;
    let at = random.below(items.len() - 1);
    items.swap(at, at + 1);
    Some(bundle.to_string())
}

fn number(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let is_number = |value: &Value| value.as_str().is_some_and(|text| text.parse::<i64>().is_ok());
    let pointer = any(bundle, is_number, random)?;
    let field = bundle.pointer_mut(&pointer)?;
    let number: i64 = field.as_str()?.parse().ok()?;
    let others = ["0", "1", "-1", "9223372036854775807", "18446744073709551616", "1e3"].map(str::to_owned);
    let near = [number + 1, number - 1, number + 600, number - 86_400].map(|number| number.to_string());
    let forms = [format!("0{number}"), format!("+{number}"), format!(" {number}")];
    let all: Vec<_> = others.into_iter().chain(near).chain(forms).map(Value::String).chain([json!(number)]).collect();
    let picked = random.pick(&all)?.clone();
    if picked == *field {
        return None;
    }
    *field = picked;
    Some(bundle.to_string())
}

fn reencode(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let pointer = any(bundle, |value| value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok()), random)?;
    let field = bundle.pointer_mut(&pointer)?;
    let text = field.as_str()?;
    let forms = [
        text.trim_end_matches('=').to_owned(),
        format!("{text}="),
        format!("{text}\n"),
        format!(" {text}"),
        text.replace('+', "-").replace('/', "_"),
        STANDARD.encode(text),
    ];
    let picked = random.pick(&forms)?.clone();
    if picked == text {
        return None;
    }
    *field = json!(picked);
    Some(bundle.to_string())
}

fn unknown(bundle: &mut Value, _: &Sample, random: &mut Random) -> Option<String> {
    let pointer = any(bundle, Value::is_object, random)?;
    bundle.pointer_mut(&pointer)?.as_object_mut()?.insert("nobodyKnows".to_owned(), json!(1));
    Some(bundle.to_string())
}

fn key_twice(bundle: &mut Value, other: &Sample, random: &mut Random) -> Option<String> {
    let names = ["rawBytes", "signature", "payload", "canonicalizedBody", "logIndex", "signedTimestamp", "mediaType"];
    let name = random.pick(&names)?;
    let text = bundle.to_string();
    let key = format!("\"{name}\":");
    let at = text.find(&key)?;
    let theirs = other.bundle.to_string();
    let value = theirs.get(theirs.find(&key)? + key.len()..)?.split(',').next()?.trim_end_matches(['}', ']']);
    Some(format!("{}{key}{value},{}", text.get(..at)?, text.get(at..)?))
}
