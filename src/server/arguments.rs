//! Arguments after the module's path in redis.conf, or ARGS of MODULE LOADEX: the module accepts
//! none. Otherwise arguments that look like settings would be ignored silently, and with a wrong
//! namespace every session would be hidden.

use super::config;

/// Why the module does not load with these arguments. The text repeats only the names of known
/// settings.
pub(super) fn refusal(arguments: &[&[u8]]) -> Option<String> {
    if arguments.is_empty() {
        return None;
    }
    let mut settings: Vec<_> = arguments.iter().filter_map(|argument| setting(argument)).collect();
    settings.dedup();
    let lines = if settings.is_empty() {
        "write each setting on a separate line, such as `sessions.ttl 7200`".to_owned()
    } else {
        let lines: Vec<_> = settings.iter().map(|name| format!("`sessions.{name} …`")).collect();
        format!("write {} as a line of its own", lines.join(" and "))
    };
    Some(format!(
        "the module takes no arguments after its path: {lines}, or use MODULE LOADEX with CONFIG"
    ))
}

/// The setting that an argument names, with or without `sessions.` before it, dashes before
/// that and `=value` after it.
fn setting(argument: &[u8]) -> Option<&'static str> {
    let argument = std::str::from_utf8(argument).ok()?.to_ascii_lowercase();
    let name = argument.split('=').next()?.trim_start_matches('-');
    let name = name.strip_prefix("sessions.").unwrap_or(name);
    config::NAMES.into_iter().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> String {
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_bytes()).collect();
        refusal(&arguments).expect("it is refused")
    }

    #[test]
    fn without_arguments_nothing_is_refused() {
        assert_eq!(refusal(&[]), None);
    }

    #[test]
    fn the_lines_of_the_settings_that_were_meant_are_named() {
        for name in config::NAMES {
            let full = format!("sessions.{name}");
            for arguments in [
                vec![name, "60"],
                vec![&full, "60"],
                vec![&full.to_ascii_uppercase(), "60"],
                vec![&format!("{full}=60")],
                vec![&format!("--{full}"), "60"],
            ] {
                let text = refused(&arguments);
                let line = format!("write `{full} …` as a line of its own");
                assert!(text.contains(&line), "{arguments:?}: {text}");
            }
        }
        let text = refused(&["ttl", "60", "namespace", "shop"]);
        assert!(text.contains("`sessions.ttl …` and `sessions.namespace …`"), "{text}");
    }

    #[test]
    fn nothing_else_is_repeated() {
        for arguments in [&["namspace", "secret"][..], &["secret"], &[""], &["ttl", "secret"]] {
            let text = refused(arguments);
            assert!(!text.contains("secret") && !text.contains("namspace"), "{text}");
        }
        assert!(refusal(&[b"\xff"]).is_some_and(|text| text.contains("sessions.ttl 7200")));
    }
}
