//! The one door through which text gets onto the page.

use crate::report::Places;

/// A page that is being written.
pub(super) struct Html<'p> {
    html: String,
    pub(super) places: &'p Places,
}

impl<'p> Html<'p> {
    pub(super) fn new(places: &'p Places) -> Self {
        Self { html: String::new(), places }
    }

    /// Markup of ours.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.html.push_str(markup);
        self
    }

    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.html.push_str(&number.to_string());
        self
    }

    /// Whatever anybody has written, in an element or in an attribute within quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let shown = self.places.text(text);
        for letter in shown.chars() {
            match letter {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#39;"),
                other => self.html.push(other),
            }
        }
        self
    }

    /// A sentence; what stands in it between backticks is code.
    pub(super) fn sentence(&mut self, sentence: &str) -> &mut Self {
        let parts: Vec<_> = sentence.split('`').collect();
        // One that is left over is none of ours.
        if parts.len() % 2 == 0 {
            return self.text(sentence);
        }
        for (at, part) in parts.into_iter().enumerate() {
            match at % 2 {
                0 => self.text(part),
                _ => self.element("<code>", part, "</code>"),
            };
        }
        self
    }

    /// An element with nothing but text in it.
    pub(super) fn element(&mut self, open: &'static str, text: &str, close: &'static str) -> &mut Self {
        self.raw(open).text(text).raw(close)
    }

    pub(super) fn done(self) -> String {
        self.html
    }
}
