//! Index members, and the words that commands take.

use sessions_model::data::Key;
use sessions_model::ident::{App, Id, Ip, Owner, Sid, Token, UserAgent};
use sessions_model::keys;
use sessions_model::limits::{MAX_IP, MAX_KEY, MAX_USER_AGENT};
use sessions_model::number::{Increment, Lifetime, Limit, Ttl, Window, parse_writes};
use sessions_model::slot::Slot;

/// An index member, and the words that commands take.
pub fn index_members(input: &[u8]) {
    if let Some((token, id)) = keys::parse_session_member(input) {
        assert_eq!(keys::session_member(&token, id).as_slice(), input);
    }
    if let Some((app, token, id)) = keys::parse_due_member(input) {
        assert_eq!(keys::due_member(app, &token, id).as_slice(), input);
        let colon = app.as_bytes().len() + 1;
        let rest = input.get(colon..).unwrap_or_default();
        assert_eq!(keys::parse_session_member(rest), Some((token, id)));
    }
    if let Ok(app) = App::parse(input) {
        assert_eq!(app.as_bytes(), input);
        assert!(!input.contains(&b':'));
    }
    assert_eq!(Id::parse(input).is_ok(), !input.is_empty());
    if let Ok(id) = Id::parse_new(input) {
        assert_eq!(id.as_bytes(), input);
        assert_eq!(Id::parse(input), Ok(id));
        assert_eq!(Ip::parse(input).is_ok(), input.len() <= MAX_IP);
    }
    let user_agent = UserAgent::parse(input);
    assert_eq!(user_agent.is_none(), input.is_empty());
    if let Some(user_agent) = user_agent {
        let kept = user_agent.as_bytes();
        assert!(kept.len() <= MAX_USER_AGENT && !kept.is_empty());
        assert_eq!(UserAgent::parse(kept).as_ref(), Some(&user_agent));
    }
    if let Ok(ip) = Ip::parse(input) {
        assert_eq!(ip.map_or(&b""[..], Ip::as_bytes), input);
    }
    let text = std::str::from_utf8(input).ok();
    let key = text.filter(|text| (1..=MAX_KEY).contains(&text.len()));
    assert_eq!(Key::parse(input).ok().map(Key::as_str), key);
    if let Ok(increment) = Increment::parse(input) {
        assert_eq!(text.and_then(|text| text.parse().ok()), Some(increment.number()));
    }
    if let Ok(writes) = parse_writes(input) {
        assert!(writes >= 0);
        assert_eq!(Increment::parse(input).map(Increment::number), Ok(writes));
    }
    assert_eq!(Owner::of(input).as_bytes(), input);
    assert_eq!(Owner::of(input) == Owner::Nobody, input.is_empty());
    assert_eq!(Token::parse_new(input).ok(), Token::parse(input));
    if let Some(token) = Token::parse(input) {
        assert_eq!(token.as_bytes(), input);
        assert_eq!(Sid::parse(token.sid().as_bytes()), Ok(token.sid()));
        assert!(
            !format!("{token:?}")
                .as_bytes()
                .windows(input.len())
                .any(|shown| shown == input)
        );
    }
    if let Ok(sid) = Sid::parse(input) {
        assert_eq!(sid.as_bytes(), input);
    }
    let ttl = Ttl::parse(input);
    assert_eq!(ttl.is_ok(), Lifetime::parse(input).is_ok());
    if let Ok(ttl) = ttl {
        assert_eq!(Window::parse(input), Ok(Window::Last(ttl.seconds())));
        assert_eq!(Ttl::from_setting(ttl.seconds()), ttl);
        assert_eq!(Increment::parse(input).map(Increment::number), Ok(ttl.seconds()));
        assert!(Limit::parse(input, b"-1").is_ok() && Limit::parse(b"0", input).is_ok());
    }
    assert!(Slot::of(input).number() < 16_384);
}
