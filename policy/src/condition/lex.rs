//! The words of CEL.

use super::error::Kind;

/// A word, and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word<'s> {
    pub(super) at: usize,
    pub(super) token: Token<'s>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'s> {
    Name(&'s str),
    /// A field in backticks, for names that are no identifiers.
    Field(&'s str),
    /// Without its sign, which is an operator.
    Int(u64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

pub(super) struct Lexer<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self { text, at: 0 }
    }

    /// The next word.
    ///
    /// # Errors
    /// Where it starts, and what is wrong with it.
    pub(super) fn next(&mut self) -> Result<Word<'s>, (usize, Kind)> {
        self.skip_space();
        let at = self.at;
        let token = self.token().map_err(|kind| (at, kind))?;
        Ok(Word { at, token })
    }

    fn token(&mut self) -> Result<Token<'s>, Kind> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        let number = rest.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit()) && !rest.starts_with("..");
        match first {
            _ if number => self.number(),
            '"' | '\'' => self.string("").map(Token::String),
            '`' => self.field(),
            'a'..='z' | 'A'..='Z' | '_' => {
                let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
                let quoted = self.rest().starts_with(['"', '\'']);
                match name {
                    "r" | "R" if quoted => self.string("r").map(Token::String),
                    "b" | "B" if quoted => self.bytes(""),
                    "br" | "bR" | "Br" | "BR" if quoted => self.bytes("r"),
                    name => Ok(Token::Name(name)),
                }
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| Kind::Syntax {
                    expected: "an expression",
                    found: format!("`{}`", first.escape_debug()),
                })?;
                self.at += sign.len();
                Ok(Token::Sign(sign))
            }
        }
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes past every character that is `wanted`.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let (taken, _) = rest.split_at(rest.find(|c| !wanted(c)).unwrap_or(rest.len()));
        self.at += taken.len();
        taken
    }

    fn skip_space(&mut self) {
        loop {
            self.take(|c| matches!(c, ' ' | '\t' | '\n' | '\x0c' | '\r'));
            if !self.rest().starts_with("//") {
                return;
            }
            self.take(|c| c != '\n');
        }
    }

    fn field(&mut self) -> Result<Token<'s>, Kind> {
        let (_, after) = self.rest().split_at(1);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ' ')));
        match end.and_then(|end| after.split_at_checked(end)) {
            Some((name, rest)) if rest.starts_with('`') && !name.is_empty() => {
                self.at += name.len() + 2;
                Ok(Token::Field(name))
            }
            _ => Err(Kind::Literal {
                what: "field",
                why: "letters, digits, `_.-/` and spaces, and a backtick that ends it",
            }),
        }
    }

    fn number(&mut self) -> Result<Token<'s>, Kind> {
        let malformed = |why| Kind::Literal { what: "number", why };
        let too_large = || malformed("it does not fit into 64 bits");
        if let Some(hex) =
            self.rest().strip_prefix("0x").filter(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()))
        {
            self.at += self.rest().len() - hex.len();
            let digits = self.take(|c| c.is_ascii_hexdigit());
            let value = u64::from_str_radix(digits, 16).map_err(|_| too_large())?;
            return Ok(self.suffixed(value));
        }
        let start = self.at;
        let whole = self.take(|c| c.is_ascii_digit());
        let fraction = self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if fraction {
            self.at += 1;
            self.take(|c| c.is_ascii_digit());
        }
        let exponent = self.rest().strip_prefix(['e', 'E']).is_some_and(|rest| {
            rest.strip_prefix(['+', '-']).unwrap_or(rest).starts_with(|c: char| c.is_ascii_digit())
        });
        if exponent {
            self.at += 1;
            self.take(|c| matches!(c, '+' | '-'));
            self.take(|c| c.is_ascii_digit());
        }
        if !fraction && !exponent {
            return Ok(self.suffixed(whole.parse().map_err(|_| too_large())?));
        }
        let value: f64 = self.text.get(start..self.at).and_then(|text| text.parse().ok()).ok_or_else(too_large)?;
        if value.is_finite() { Ok(Token::Double(value)) } else { Err(too_large()) }
    }

    fn suffixed(&mut self, value: u64) -> Token<'s> {
        if self.rest().starts_with(['u', 'U']) {
            self.at += 1;
            Token::Uint(value)
        } else {
            Token::Int(value)
        }
    }

    fn string(&mut self, prefix: &str) -> Result<String, Kind> {
        let body = self.quoted(prefix == "r")?;
        if prefix == "r" {
            return Ok(body.to_owned());
        }
        let mut text = String::with_capacity(body.len());
        unescape(body, |escaped| match escaped {
            Escaped::Plain(plain) => text.push(plain),
            Escaped::Octet(octet) => text.push(octet.into()),
        })?;
        Ok(text)
    }

    fn bytes(&mut self, prefix: &str) -> Result<Token<'s>, Kind> {
        let body = self.quoted(prefix == "r")?;
        if prefix == "r" {
            return Ok(Token::Bytes(body.as_bytes().to_vec()));
        }
        if body.contains("\\u") || body.contains("\\U") {
            // `\\u` is a backslash and a letter, and is refused with it: nobody writes that into bytes.
            return Err(Kind::Literal { what: "bytes", why: "`\\u` and `\\U` are for strings" });
        }
        let mut bytes = Vec::with_capacity(body.len());
        unescape(body, |escaped| match escaped {
            Escaped::Plain(plain) => bytes.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes()),
            Escaped::Octet(octet) => bytes.push(octet),
        })?;
        Ok(Token::Bytes(bytes))
    }

    /// What stands between the quotes.
    fn quoted(&mut self, raw: bool) -> Result<&'s str, Kind> {
        let rest = self.rest();
        let triple = ["\"\"\"", "'''"].into_iter().find(|quote| rest.starts_with(quote));
        let quote = triple.unwrap_or(if rest.starts_with('"') { "\"" } else { "'" });
        let body = rest.get(quote.len()..).unwrap_or_default();
        let mut escaped = false;
        for (at, character) in body.char_indices() {
            let (before, after) = body.split_at(at);
            if !escaped && after.starts_with(quote) {
                self.at += quote.len() * 2 + at;
                return Ok(before);
            }
            if triple.is_none() && matches!(character, '\n' | '\r') {
                break;
            }
            escaped = !raw && !escaped && character == '\\';
        }
        Err(Kind::Literal { what: "string", why: "its closing quote is missing" })
    }
}

enum Escaped {
    Plain(char),
    /// `\377` or `\xff`: a code point in a string, a byte in bytes.
    Octet(u8),
}

/// Hands each character to `push`.
fn unescape(body: &str, mut push: impl FnMut(Escaped)) -> Result<(), Kind> {
    let malformed = || Kind::Literal { what: "string", why: "a backslash starts nothing that CEL knows" };
    let mut rest = body.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            push(Escaped::Plain(character));
            continue;
        }
        let kind = rest.next().ok_or_else(malformed)?;
        let mut code = |digits: usize, radix: u32, first: u32| {
            let digit = |so_far: u32, c: char| Some(so_far * radix + c.to_digit(radix)?);
            let taken: Vec<char> = rest.by_ref().take(digits).collect();
            let code = taken.iter().try_fold(first, |so_far, c| digit(so_far, *c));
            code.filter(|_| taken.len() == digits).ok_or_else(malformed)
        };
        push(match kind {
            '\\' | '?' | '"' | '\'' | '`' => Escaped::Plain(kind),
            'a' => Escaped::Plain('\x07'),
            'b' => Escaped::Plain('\x08'),
            'f' => Escaped::Plain('\x0c'),
            'n' => Escaped::Plain('\n'),
            'r' => Escaped::Plain('\r'),
            't' => Escaped::Plain('\t'),
            'v' => Escaped::Plain('\x0b'),
            'u' => Escaped::Plain(char::from_u32(code(4, 16, 0)?).ok_or_else(malformed)?),
            'U' => Escaped::Plain(char::from_u32(code(8, 16, 0)?).ok_or_else(malformed)?),
            'x' | 'X' => Escaped::Octet(u8::try_from(code(2, 16, 0)?).map_err(|_| malformed())?),
            '0'..='3' => {
                let first = kind.to_digit(8).ok_or_else(malformed)?;
                Escaped::Octet(u8::try_from(code(2, 8, first)?).map_err(|_| malformed())?)
            }
            _ => return Err(malformed()),
        });
    }
    Ok(())
}
