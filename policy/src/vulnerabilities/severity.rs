//! How bad it is: the words of the reports, and the bands of CVSS scores.

use crate::budget;
use core::fmt;
use cvss::Cvss;

/// How bad a vulnerability is, as a report says or as its score stands in the published bands.
///
/// In the order of the names, the unknown lowest: it may be anything, so whoever demands "nothing above" has to ask for it by
/// name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nobody has said.
    Unknown,
    /// Known and harmless; a CVSS score of 0.0, "none".
    Negligible,
    /// A CVSS score of 0.1 to 3.9.
    Low,
    /// A CVSS score of 4.0 to 6.9.
    Medium,
    /// A CVSS score of 7.0 to 8.9; in version 2, to 10.0.
    High,
    /// A CVSS score of 9.0 to 10.0; version 2 has none.
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 6] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Negligible, Self::Unknown];

    /// The word, in lowercase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The word, in whatever case; GitHub says `moderate`, and CVSS `none`. An empty one is unknown.
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "" | "unknown" => Some(Self::Unknown),
            "negligible" | "none" => Some(Self::Negligible),
            "low" => Some(Self::Low),
            "medium" | "moderate" => Some(Self::Medium),
            "high" => Some(Self::High),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }

    /// The band of a score: FIRST's "Qualitative Severity Rating Scale" (CVSS v3.1, 5; v4.0, 6), and for version 2 NVD's
    /// "Vulnerability Metrics". Scores have one digit behind the point; a number that is no score is unknown.
    fn of_score(score: f64, version: Version) -> Self {
        match score {
            score if !(0.0..=10.0).contains(&score) => Self::Unknown,
            score if score < 0.05 && version == Version::Later => Self::Negligible,
            score if score < 3.95 => Self::Low,
            score if score < 6.95 => Self::Medium,
            score if score < 8.95 || version == Version::Two => Self::High,
            _ => Self::Critical,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Of CVSS, as far as the bands differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Two,
    Later,
}

/// A severity, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rating {
    pub(super) severity: Severity,
    pub(super) source: String,
}

impl Rating {
    pub(super) fn said(severity: Severity, source: impl Into<String>) -> Self {
        Self { severity, source: source.into() }
    }

    /// By a score alone.
    pub(super) fn of_score(score: f64, version: Version, source: &str) -> Self {
        Self { severity: Severity::of_score(score, version), source: named(source, format_args!("CVSS {score:.1}")) }
    }

    /// By a vector alone, which is scored as its version says; nothing for what is none, or not a whole one.
    pub(super) fn of_vector(vector: &str, source: &str) -> Option<Self> {
        let vector = Some(vector).filter(|vector| vector.len() <= budget::VECTOR_BYTES)?;
        let parsed: Cvss = vector.parse().ok()?;
        let (version, base): (_, &[_]) = match parsed {
            Cvss::CvssV20(_) => (Version::Two, &["AV", "AC", "Au", "C", "I", "A"]),
            Cvss::CvssV30(_) | Cvss::CvssV31(_) => (Version::Later, &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
            // It does see to it that version 4 is whole.
            _ => (Version::Later, &[]),
        };
        let has = |metric: &str| vector.split('/').any(|part| part.split(':').next() == Some(metric));
        // The crate takes what is missing in versions 2 and 3 for harmless, and the whole for a score of 0.
        base.iter().all(|metric| has(metric)).then(|| Self::of_score(parsed.score(), version, source))
    }

    /// The worst, and the first of those that are equally bad; without any, unknown.
    pub(super) fn worst(ratings: impl IntoIterator<Item = Self>) -> Self {
        let worse = |one: Self, other: Self| if other.severity > one.severity { other } else { one };
        ratings.into_iter().reduce(worse).unwrap_or_else(|| Self::said(Severity::Unknown, ""))
    }

    /// This one where somebody has rated, and else the worst of `others`: a score says more than nothing.
    pub(super) fn or_worst_of(self, others: impl IntoIterator<Item = Self>) -> Self {
        match self.severity {
            Severity::Unknown => Self::worst(core::iter::once(self).chain(others)),
            _ => self,
        }
    }
}

fn named(source: &str, score: fmt::Arguments<'_>) -> String {
    if source.is_empty() { score.to_string() } else { format!("{source}, {score}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_are_those_that_are_published() {
        for (score, later, two) in [
            (0.0, "negligible", "low"),
            (0.1, "low", "low"),
            (3.9, "low", "low"),
            (4.0, "medium", "medium"),
            (6.9, "medium", "medium"),
            (7.0, "high", "high"),
            (8.9, "high", "high"),
            (9.0, "critical", "high"),
            (10.0, "critical", "high"),
            (10.1, "unknown", "unknown"),
            (-0.1, "unknown", "unknown"),
            (f64::NAN, "unknown", "unknown"),
        ] {
            assert_eq!(Severity::of_score(score, Version::Later).as_str(), later, "{score}");
            assert_eq!(Severity::of_score(score, Version::Two).as_str(), two, "{score}");
        }
    }

    /// Examples of FIRST's own: "CVSS v3.1 Examples", "CVSS v4.0 Examples", and NVD's of version 2.
    #[test]
    fn a_vector_is_scored_by_its_own_version() {
        for (vector, source, severity) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS 9.8", Severity::Critical),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "CVSS 6.1", Severity::Medium),
            ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "CVSS 7.7", Severity::High),
            ("AV:N/AC:L/Au:N/C:C/I:C/A:C", "CVSS 10.0", Severity::High),
        ] {
            assert_eq!(Rating::of_vector(vector, ""), Some(Rating::said(severity, source)), "{vector}");
        }
        let long = format!("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H{}", "/E:H".repeat(budget::VECTOR_BYTES));
        for vector in [
            "",
            "9.8",
            "CVSS:3.1",
            "CVSS:3.1/AV:N",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
            "AV:N/AC:L/Au:N/C:C/I:C",
            "CVSS:4.0/AV:N",
            "CVSS:5.0/AV:N/AC:L",
            "AV:N",
            &long,
        ] {
            assert_eq!(Rating::of_vector(vector, ""), None, "{vector}");
        }
    }

    #[test]
    fn the_worst_counts_and_says_whose_it_is() {
        let ratings =
            || [Rating::said(Severity::Low, "a"), Rating::said(Severity::High, "b"), Rating::said(Severity::High, "c")];
        assert_eq!(Rating::worst(ratings()).source, "b");
        assert_eq!(Rating::worst([]).severity, Severity::Unknown);
        assert_eq!(Rating::said(Severity::Low, "report").or_worst_of(ratings()).source, "report");
        assert_eq!(Rating::said(Severity::Unknown, "report").or_worst_of(ratings()).source, "b");
        assert_eq!(Rating::said(Severity::Unknown, "report").or_worst_of([]).source, "report");
    }

    #[test]
    fn every_word_is_read_back() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(&severity.as_str().to_uppercase()), Some(severity));
        }
        assert_eq!(Severity::parse("Moderate"), Some(Severity::Medium));
        assert_eq!(Severity::parse("scary"), None);
    }
}
