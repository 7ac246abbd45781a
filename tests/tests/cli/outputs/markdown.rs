//! Markdown: a table, and nothing in it but what we have put there.

use super::{SURVEY, scene};

#[test]
fn what_is_refused_comes_first_and_each_reason_is_folded_beneath() {
    let shell = scene();
    let page = shell.run(&format!("{SURVEY} -o markdown")).ends(1).out;
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let verdicts: Vec<_> = rows.iter().map(|row| row.split('|').nth(1).unwrap().trim()).collect();
    assert_eq!(verdicts, ["❌ refused", "❓ unknown", "❓ unknown", "⚠️ accepted with a warning"]);
    assert!(rows.iter().all(|row| row.matches('|').count() == 4), "{rows:?}");
    assert_eq!(page.matches("<details><summary>").count(), 4, "{page}");
    assert_eq!(page.matches("</details>").count(), 4, "{page}");
    assert!(page.contains("- refused: no signature is attached <code>no-signature</code><br>hint: "), "{page}");
    assert!(page.contains("- <code>k8s/broken.yaml&#58;1</code> unknown: "), "{page}");
}

#[test]
fn hostile_text_is_neither_markdown_nor_markup_nor_a_link() {
    let shell = scene();
    let page = shell.run(&format!("{SURVEY} -o markdown")).ends(1).out;
    let mut tags: Vec<_> = page.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect();
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags, ["/code", "/details", "/summary", "br", "code", "details", "summary"]);
    for ours_alone in ['`', '[', ']', '*', '_', '@', '\\', '~', '!'] {
        assert!(!page.contains(ours_alone), "{ours_alone}");
    }
    assert!(!page.contains("://") && !page.contains("www."), "{page}");
}
