//! The browser and the system that a user agent names, found by ten substrings. It is only a hint
//! that helps people to recognise a device: a client can send any text.

/// The most specific first: Edge and Opera also name Chrome, and all of them name Safari.
const BROWSERS: [(&str, &[&str]); 5] = [
    ("Edge", &["Edg/", "EdgA/", "EdgiOS/"]),
    ("Opera", &["OPR/"]),
    ("Firefox", &["Firefox/", "FxiOS/"]),
    ("Chrome", &["Chrome/", "CriOS/"]),
    ("Safari", &["Safari/"]),
];

/// The most specific first: iOS says "like Mac OS X" and Android says Linux.
const SYSTEMS: [(&str, &[&str]); 5] = [
    ("Windows", &["Windows"]),
    ("iOS", &["iPhone", "iPad"]),
    ("macOS", &["Mac OS X"]),
    ("Android", &["Android"]),
    ("Linux", &["Linux", "X11"]),
];

/// For example `Firefox on Linux`. `None`: the user agent names none of these browsers; then its
/// own text is more useful than the system's name.
pub(super) fn browser_and_system(user_agent: &str) -> Option<String> {
    let browser = first_in(user_agent, &BROWSERS)?;
    Some(match first_in(user_agent, &SYSTEMS) {
        Some(system) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    })
}

fn first_in(user_agent: &str, names: &[(&'static str, &[&str])]) -> Option<&'static str> {
    let found = names
        .iter()
        .find(|(_, parts)| parts.iter().any(|part| user_agent.contains(part)));
    found.map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_shown_as_the_most_specific_browser_and_system_that_it_names() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
        for (user_agent, expected) in [
            (chrome.to_owned(), "Chrome on Windows"),
            (format!("{chrome} Edg/131.0.0.0"), "Edge on Windows"),
            (format!("{chrome} OPR/116.0.0.0"), "Opera on Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), "Firefox on Linux"),
            ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0".to_owned(), "Firefox on Android"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15".to_owned(),
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1".to_owned(),
                "Safari on iOS",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1".to_owned(),
                "Chrome on iOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36 EdgA/131.0".to_owned(),
                "Edge on Android",
            ),
            ("Firefox/1".to_owned(), "Firefox"),
        ] {
            assert_eq!(browser_and_system(&user_agent).as_deref(), Some(expected), "{user_agent}");
        }
    }

    #[test]
    fn a_user_agent_without_a_known_browser_keeps_its_own_text() {
        for user_agent in [
            "",
            "curl/8.5.0",
            "python-requests/2.32",
            "Dalvik/2.1.0 (Linux; U; Android 12)",
            "<b>firefox</b>",
        ] {
            assert_eq!(browser_and_system(user_agent), None, "{user_agent}");
        }
    }
}
