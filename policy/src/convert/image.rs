//! Others' patterns of images, as globs that the same images match.
//!
//! Ours are about names; theirs run over what stands behind a name, too. A pattern whose verdict hangs on a tag or a digest
//! is refused: a rule about the whole repository would be another one.

use super::source::Cursor;
use crate::language::{At, Glob};

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Literal(&'a str),
    /// Anything but a slash.
    Within,
    /// Anything.
    Across,
}

/// How many globs one pattern may become: each star between letters doubles them. Our choice.
const ALTERNATIVES: usize = 8;

const SPELL_OUT: &str = "name the repository, or the folder that it is in; a wildcard then stands for the rest";

/// policy-controller's (`pkg/apis/glob`): `*` stays within a part and `**` does not. It runs over `NAME@sha256:…`: tags are
/// resolved before.
pub(super) fn of_policy_controller(at: &Cursor<'_>) -> Option<Vec<At<Glob>>> {
    let written = match at.text()? {
        "*" => "index.docker.io/library/*",
        "*/*" => "index.docker.io/*/*",
        written => written,
    };
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_:/*.@".contains(letter);
    if !written.chars().all(allowed) {
        at.refuse(
            "source-value",
            format_args!("`{written}` is no glob"),
            "mend it first: the tool itself refuses this policy",
        );
        return None;
    }
    let mut pieces = split(written, |stars| if stars == 1 { Piece::Within } else { Piece::Across });
    let nothing = |hint| {
        at.refuse("matches-nothing", format_args!("`{written}` matches no image there"), hint);
        None
    };
    let Some((wild @ (Piece::Within | Piece::Across), before)) = pieces.split_last().map(|(last, all)| (*last, all))
    else {
        let digest = written.rsplit_once("@sha256:").is_some_and(|(_, hex)| !hex.is_empty());
        if digest {
            return tag_bound(at, written);
        }
        return nothing("images go by their digests there: end it with `@*`, if this repository alone is meant");
    };
    if let Some(Piece::Literal(last)) = before.last() {
        if let Some(name) = last.strip_suffix("@sha256:").or_else(|| last.strip_suffix('@')) {
            let kept = before.len() - 1;
            pieces.truncate(kept);
            pieces.push(Piece::Literal(name));
        } else if last.contains('@') {
            return tag_bound(at, written);
        } else if behind_a_slash(before).contains(':') {
            return nothing("images go by their digests there, and have no tag: leave out what stands behind the name");
        } else if is_in_a_digest(last) && before.len() > 1 && !last.contains('/') {
            let hint = "the letters between its stars could be the digest's: take out the last star, or the one before";
            at.refuse("glob-unsupported", format_args!("`{written}` may match in the middle of a digest"), hint);
            return None;
        }
    }
    if wild == Piece::Within && !written.contains('/') && !written.contains("**") {
        return nothing("`*` stays within a part, and every image has its registry: write `**`");
    }
    let globs = alternatives(&pieces);
    let hub = |glob: &String| first_part_matches(glob, "docker.io") && !first_part_matches(glob, INDEX);
    if globs.iter().any(hub) {
        return nothing("images of Docker Hub are of `index.docker.io` there");
    }
    finish(at, written, globs, &[(INDEX, "docker.io")])
}

/// Kyverno's (`ext/wildcard`): `*` is anything, over `REGISTRY/NAME:TAG`, or `REGISTRY/NAME@sha256:…`.
pub(super) fn of_kyverno(at: &Cursor<'_>) -> Option<Vec<At<Glob>>> {
    let written = at.text()?;
    let globs = across_tags(at, written, written)?;
    // There, `docker.io/nginx` is called so; here, `docker.io/library/nginx`.
    let official = |glob: &String| {
        // A leading star may be the registry alone.
        let of_host = glob.strip_prefix("**/").unwrap_or(glob);
        let (_, rest) = of_host.split_once('/').filter(|_| first_part_matches(of_host, "docker.io"))?;
        let name = rest.strip_suffix("/**").unwrap_or(rest);
        (name != "**" && !name.contains('/')).then(|| format!("docker.io/library/{name}"))
    };
    let officials: Vec<_> = globs.iter().filter_map(official).collect();
    let globs = globs.into_iter().chain(officials).collect();
    finish(at, written, globs, &[("docker.io", INDEX), (INDEX, "docker.io")])
}

/// connaisseur's (`internal/config`): the same, with a star before and behind where there is none.
pub(super) fn of_connaisseur(at: &Cursor<'_>) -> Option<Vec<At<Glob>>> {
    let written = at.text()?;
    let (before, behind) =
        (if written.starts_with('*') { "" } else { "*" }, if written.ends_with('*') { "" } else { "*" });
    let globs = across_tags(at, written, &format!("{before}{written}{behind}"))?;
    finish(at, written, globs, &[(INDEX, "docker.io")])
}

/// A scope of the containers' tools: a registry, a namespace, a repository, or every host of a domain.
pub(super) fn of_scope(at: &Cursor<'_>, scope: &str) -> Option<Vec<At<Glob>>> {
    let (host, path) = scope.split_once('/').map_or((scope, None), |(host, path)| (host, Some(path)));
    if path.is_some_and(|path| path.contains([':', '@'])) {
        return tag_bound(at, scope);
    }
    if host == INDEX {
        let hint = "images of Docker Hub are of `docker.io` there";
        at.refuse("matches-nothing", format_args!("`{scope}` matches no image there"), hint);
        return None;
    }
    let globs = match host.strip_prefix("*.") {
        // Such a scope names no port, and is about every one.
        Some(domain) if path.is_none() => vec![format!("*.{domain}/**"), format!("*.{domain}:*/**")],
        _ => vec![format!("{scope}/**")],
    };
    finish(at, scope, globs, &[("docker.io", INDEX)])
}

/// Docker Hub's other name.
const INDEX: &str = "index.docker.io";

fn across_tags(at: &Cursor<'_>, written: &str, pattern: &str) -> Option<Vec<String>> {
    if written.contains(['?', '[', ']', '{', '}', '\\', '!', '|']) {
        at.refuse("glob-unsupported", format_args!("`{written}` has more than stars in it"), SPELL_OUT);
        return None;
    }
    let mut pieces = split(pattern, |_| Piece::Across);
    let Some((Piece::Across, before)) = pieces.split_last() else {
        if behind_a_slash(&pieces).contains([':', '@']) {
            return tag_bound(at, written);
        }
        let hint = "every image has a tag or a digest there: end it with `:*`, or with `*`";
        at.refuse("matches-nothing", format_args!("`{written}` matches no image there"), hint);
        return None;
    };
    let any_tag = |last: &'_ str| last.strip_suffix("@sha256:").or_else(|| last.strip_suffix([':', '@'])).map(str::len);
    let mut may_be_a_port = false;
    match before.last() {
        Some(Piece::Literal(last)) if let Some(kept) = any_tag(last) => {
            let (name, kept_pieces) = (last.get(..kept).unwrap_or_default(), before.len() - 1);
            may_be_a_port = last.get(kept..) == Some(":");
            pieces.truncate(kept_pieces);
            pieces.extend((!name.is_empty()).then_some(Piece::Literal(name)));
            if behind_a_slash(&pieces).contains([':', '@']) {
                return tag_bound(at, written);
            }
        }
        // Letters behind a star may be the tag's, unless there is a slash among them.
        Some(Piece::Literal(last)) if before.len() > 1 && !last.contains('/') => return tag_bound(at, written),
        Some(_) if behind_a_slash(before).contains([':', '@']) => return tag_bound(at, written),
        _ => {}
    }
    if let Some(letters) = pieces.iter().skip(1).find_map(|piece| between_stars(*piece)) {
        let hint = "the letters between its stars could be the digest's: name what stands around them";
        at.refuse("glob-unsupported", format_args!("`{letters}` in `{written}` may match in a digest"), hint);
        return None;
    }
    let mut globs = alternatives(&pieces);
    // Without a slash, the colon may be a port's, behind which there is a name in any case.
    let has_slash = pieces.iter().any(|piece| matches!(piece, Piece::Literal(letters) if letters.contains('/')));
    if may_be_a_port && matches!(pieces.last(), Some(Piece::Literal(_))) && !has_slash {
        let of_hosts: Vec<_> = globs.iter().map(|glob| format!("{glob}:*/**")).collect();
        globs.extend(of_hosts);
    }
    Some(globs)
}

/// Letters behind a star that could stand in `@sha256:…`, or that begin it.
fn between_stars(piece: Piece<'_>) -> Option<&str> {
    match piece {
        Piece::Literal(letters) if !letters.contains('/') => {
            (letters.contains('@') || is_in_a_digest(letters)).then_some(letters)
        }
        _ => None,
    }
}

fn tag_bound<T>(at: &Cursor<'_>, written: &str) -> Option<T> {
    let hint =
        "rules are about repositories here: give what is signed otherwise a repository of its own, or match any tag";
    at.refuse("tag-bound", format_args!("`{written}` hangs on a tag or a digest"), hint);
    None
}

fn split<'a>(pattern: &'a str, wild: impl Fn(usize) -> Piece<'a>) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let literal = rest.find('*').unwrap_or(rest.len());
        let (before, behind) = rest.split_at(literal);
        pieces.extend((!before.is_empty()).then_some(Piece::Literal(before)));
        let stars = behind.len() - behind.trim_start_matches('*').len();
        pieces.extend((stars > 0).then(|| wild(stars)));
        rest = behind.trim_start_matches('*');
    }
    pieces
}

/// The letters behind the last slash; nothing in a pattern without one: a colon there is a port's.
fn behind_a_slash<'a>(pieces: &[Piece<'a>]) -> &'a str {
    let has_slash = |piece: &&Piece<'_>| matches!(piece, Piece::Literal(letters) if letters.contains('/'));
    match pieces.last() {
        Some(Piece::Literal(last)) if pieces.iter().any(|piece| has_slash(&piece)) => {
            last.rsplit('/').next().unwrap_or_default()
        }
        _ => "",
    }
}

/// Whether these letters could stand in `@sha256:…`.
fn is_in_a_digest(letters: &str) -> bool {
    letters.chars().all(|letter| letter.is_ascii_digit() || "@sha:bcdef".contains(letter))
}

/// Globs that together match what the pieces do.
fn alternatives(pieces: &[Piece<'_>]) -> Vec<String> {
    let mut found = vec![String::new()];
    for (at, piece) in pieces.iter().enumerate() {
        let neighbour = |at: Option<usize>| at.and_then(|at| pieces.get(at));
        let (before, behind) = (neighbour(at.checked_sub(1)), neighbour(at.checked_add(1)));
        let forms: &[&str] = match piece {
            Piece::Literal(letters) => &[*letters],
            Piece::Within => &["*"],
            Piece::Across => across(before, behind, at == 1),
        };
        found = forms.iter().flat_map(|form| found.iter().map(move |made| format!("{made}{form}"))).collect();
        if found.len() > ALTERNATIVES {
            return Vec::new();
        }
    }
    found
}

/// What stands for anything, between these neighbours. A part of a name is never empty.
fn across(before: Option<&Piece<'_>>, behind: Option<&Piece<'_>>, is_second: bool) -> &'static [&'static str] {
    let begins = before.is_none_or(|piece| matches!(piece, Piece::Literal(letters) if letters.ends_with('/')));
    let ends = behind.is_none_or(|piece| matches!(piece, Piece::Literal(letters) if letters.starts_with('/')));
    // A registry alone is no image: behind it there is a name in any case.
    let is_host = |letters: &str| letters.find('/').is_some_and(|slash| slash > 0 && slash == letters.len() - 1);
    let host_only = is_second && matches!(before, Some(Piece::Literal(letters)) if is_host(letters));
    match (begins, ends) {
        (true, true) if behind.is_none() && (before.is_none() || host_only) => &["**"],
        // There is a registry in any case.
        (true, true) if before.is_none() => &["*/**"],
        (true, true | false) => &["**/*"],
        (false, true) => &["*/**"],
        (false, false) => &["*", "*/**/*"],
    }
}

/// Reads them, with the other names of the same registry.
fn finish(at: &Cursor<'_>, written: &str, globs: Vec<String>, same: &[(&str, &str)]) -> Option<Vec<At<Glob>>> {
    if globs.is_empty() {
        at.refuse("glob-unsupported", format_args!("`{written}` has too many stars between letters"), SPELL_OUT);
        return None;
    }
    if written.contains(|letter: char| letter.is_ascii_uppercase()) {
        let why = format_args!("`{written}` has capital letters, and no image's name has any here");
        at.refuse("glob-unsupported", why, "write it in lower case, as registries have their names");
        return None;
    }
    let renamed = |glob: &String| {
        // A leading star may be nothing but letters of the registry: `*dex.docker.io/…`.
        let of_host = glob.strip_prefix("**/").unwrap_or(glob);
        let (_, rest) = of_host.split_once('/')?;
        let is_of = |registry: &str| first_part_matches(of_host, registry);
        let (_, other) = same.iter().find(|(name, other)| is_of(name) && !is_of(other))?;
        Some(format!("{other}/{rest}"))
    };
    let others: Vec<_> = globs.iter().filter_map(renamed).collect();
    let mut read = Vec::new();
    for glob in globs.into_iter().chain(others) {
        match Glob::try_from(glob) {
            Ok(glob) => read.push(At::nowhere(glob)),
            Err(fault) => {
                at.fault(fault);
                return None;
            }
        }
    }
    Some(read)
}

/// Whether images of that registry may match.
fn first_part_matches(glob: &str, registry: &str) -> bool {
    let first = glob.split('/').next().unwrap_or_default();
    Glob::try_from(first.to_owned()).is_ok_and(|first| first.matches(registry))
}
