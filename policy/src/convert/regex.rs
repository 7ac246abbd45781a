//! Go's regular expressions (RE2), as ours that match the same texts and no more.
//!
//! Both are of one family. Where a letter means more here, it is written out; what is not known to mean the same is refused.

use super::source::Cursor;

/// The expression at that place, if the same is said here.
pub(super) fn translated(at: &Cursor<'_>) -> Option<String> {
    let written = at.text()?;
    let malformed = |why: &str| {
        let hint = "see https://pkg.go.dev/regexp/syntax for what the tool reads";
        at.refuse("pattern-malformed", format_args!("`{written}` is no regular expression: {why}"), hint);
        None
    };
    let ours = match ours(written) {
        Ok(ours) => ours,
        Err(Unlike::Letter(letter)) => {
            let hint = "write out what it stands for, and put alternatives into parentheses: `^(?:a|b)$`";
            at.refuse("pattern-unlike", format_args!("`{letter}` in `{written}` may mean something else here"), hint);
            return None;
        }
        Err(Unlike::End) => return malformed("it ends in the middle"),
    };
    match regex::Regex::new(&ours) {
        Ok(_) => Some(ours),
        Err(_) => malformed("a part of it repeats nothing, or is not closed"),
    }
}

enum Unlike {
    Letter(String),
    End,
}

/// `\d`, `\w` and `\s` are ASCII's there, and every script's here.
const CLASSES: [(char, &str); 3] = [('d', "0-9"), ('w', "0-9A-Za-z_"), ('s', r"\t\n\x0C\r ")];

fn ours(written: &str) -> Result<String, Unlike> {
    let mut ours = String::new();
    let mut letters = written.chars().peekable();
    let (mut in_class, mut depth) = (false, 0_usize);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let escaped = letters.next().ok_or(Unlike::End)?;
                match CLASSES.iter().find(|(class, _)| *class == escaped) {
                    Some((_, class)) if in_class => {
                        ours.push_str(class);
                        // No range begins at a class: it would begin at the class's last letter here.
                        if letters.peek() == Some(&'-') {
                            letters.next();
                            ours.push_str(r"\-");
                        }
                    }
                    Some((_, class)) => ours.push_str(&format!("[{class}]")),
                    // The edges of a word here.
                    None if matches!(escaped, '<' | '>') => ours.push(escaped),
                    None if escaped.is_ascii_punctuation() => ours.extend(['\\', escaped]),
                    None => return Err(Unlike::Letter(format!("\\{escaped}"))),
                }
            }
            // Classes of classes, and what is done with them, are letters there.
            '[' | '&' | '~' if in_class => return Err(Unlike::Letter(letter.to_string())),
            '-' if in_class && letters.peek() == Some(&'-') => return Err(Unlike::Letter("--".to_owned())),
            '[' => {
                in_class = true;
                ours.push('[');
                if letters.peek() == Some(&'^') {
                    ours.extend(letters.next());
                }
                // The first one is a letter.
                if letters.peek() == Some(&']') {
                    letters.next();
                    ours.push_str(r"\]");
                }
            }
            ']' if in_class => {
                in_class = false;
                ours.push(']');
            }
            // `{,3}` is four letters there.
            '{' if letters.peek() == Some(&',') => return Err(Unlike::Letter("{,".to_owned())),
            // `^a|b$` is anchored on one side of each alternative alone there, and on both here.
            '|' if !in_class && depth == 0 => return Err(Unlike::Letter("|".to_owned())),
            ')' if !in_class => {
                depth = depth.saturating_sub(1);
                ours.push(')');
            }
            // Flags and names are not all the same.
            '(' if !in_class && letters.peek() == Some(&'?') => {
                depth += 1;
                letters.next();
                if letters.peek() != Some(&':') {
                    return Err(Unlike::Letter("(?".to_owned()));
                }
                ours.push_str("(?");
            }
            '(' if !in_class => {
                depth += 1;
                ours.push('(');
            }
            letter => ours.push(letter),
        }
    }
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_kept_and_what_means_more_is_written_out() {
        for (written, expected) in [
            (r"^https://github\.com/acme/.*@refs/tags/v\d+$", Some(r"^https://github\.com/acme/.*@refs/tags/v[0-9]+$")),
            (r"^[\d.]+$", Some(r"^[0-9.]+$")),
            (r"^[\s-z]$", Some(r"^[\t\n\x0C\r \-z]$")),
            (r"^[^\w-]$", Some(r"^[^0-9A-Za-z_\-]$")),
            (r"^[^]a]$", Some(r"^[^\]a]$")),
            (r"^(?:a|b)c?$", Some(r"^(?:a|b)c?$")),
            (r"^\w\s$", Some("^[0-9A-Za-z_][\\t\\n\\x0C\\r ]$")),
            (r"^a{,3}$", None),
            (r"^\pL$", None),
            (r"^\D$", None),
            (r"^[a&&b]$", None),
            (r"^[[:alpha:]]$", None),
            (r"^(?i)a$", None),
            (r"^a|b$", None),
            (r"^\<a\>$", Some("^<a>$")),
            (r"^[(|]$", Some(r"^[(|]$")),
            (r"^(a|b)$", Some(r"^(a|b)$")),
            (r"^((a)|b)c$", Some(r"^((a)|b)c$")),
            (r"^(a)|b$", None),
            (r"^((a)|b)|c$", None),
            (r"^(a|[)|])$", Some(r"^(a|[)|])$")),
            (r"^([)]|a)$", Some(r"^([)]|a)$")),
            (r"^[(]|a$", None),
            (r"^[a]|b$", None),
            (r"^[a](?i)b$", None),
            (r"^[(?]a?$", Some(r"^[(?]a?$")),
            (r"^(?P<n>a)$", None),
            (r"^[a--b]$", None),
            (r"^[a-b-]$", Some(r"^[a-b-]$")),
            (r"^a--b-c$", Some(r"^a--b-c$")),
            (r"^a{2}b{2,3}$", Some(r"^a{2}b{2,3}$")),
            (r"^a]$", Some(r"^a]$")),
            (r"a\", None),
        ] {
            assert_eq!(ours(written).ok().as_deref(), expected, "{written}");
        }
    }

    /// No digit of another script, which `\d` is here and is not there.
    #[test]
    fn a_digit_is_one_of_ten() {
        let ours = ours(r"^v\d$").unwrap_or_default();
        let regex = regex::Regex::new(&ours).unwrap();
        assert!(regex.is_match("v7") && !regex.is_match("v\u{0667}"));
    }
}
