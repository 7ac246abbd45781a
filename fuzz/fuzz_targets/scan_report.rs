//! A scan report of any bytes never panics; what is read of it is counted once, and can be wrapped and read again.
#![no_main]

use bulla_policy::vulnerabilities::{Severity, VulnerabilityReport, wrap};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = VulnerabilityReport::parse(bytes) else { return };
    let counting = report.findings().iter().filter(|finding| finding.suppressed().is_none()).count();
    assert_eq!(Severity::ALL.iter().map(|severity| report.count(*severity)).sum::<usize>(), counting);
    if let Ok(Some(wrapped)) = wrap(bytes) {
        let again = VulnerabilityReport::parse(&wrapped.predicate).expect("what was wrapped is read");
        assert_eq!(again.findings(), report.findings());
    }
});
