//! JSON as a client sees it: names in order, numbers as written, strings as UTF-16 so that lone
//! surrogates compare.

use std::fmt;

#[derive(Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(Vec<u16>),
    List(Vec<Json>),
    Object(Vec<(Vec<u16>, Json)>),
}

impl Json {
    pub(super) fn text(text: &str) -> Json {
        Json::Text(text.encode_utf16().collect())
    }

    pub(super) fn number(number: i64) -> Json {
        Json::Number(number.to_string())
    }

    pub(super) fn object(fields: Vec<(&str, Json)>) -> Json {
        let name = |name: &str| name.encode_utf16().collect();
        Json::Object(fields.into_iter().map(|(n, value)| (name(n), value)).collect())
    }

    pub(crate) fn parse(text: &str) -> Option<Json> {
        let mut reader = Reader { rest: text };
        let value = reader.value()?;
        reader.blanks();
        reader.rest.is_empty().then_some(value)
    }

    /// The value that a JSON reply shows: without halves of surrogate pairs and without numbers
    /// beyond a double.
    pub(super) fn for_strict_readers(self) -> Json {
        let whole = |units: Vec<u16>| String::from_utf16_lossy(&units).encode_utf16().collect();
        match self {
            Json::Number(text) if text.parse::<f64>().is_ok_and(f64::is_infinite) => Json::Null,
            Json::Text(units) => Json::Text(whole(units)),
            Json::List(items) => Json::List(items.into_iter().map(Json::for_strict_readers).collect()),
            Json::Object(fields) => {
                let field = |(name, value): (Vec<u16>, Json)| (whole(name), value.for_strict_readers());
                Json::Object(fields.into_iter().map(field).collect())
            }
            other => other,
        }
    }

    pub(super) fn field(&self, wanted: &str) -> Option<&Json> {
        let Json::Object(fields) = self else { return None };
        let wanted: Vec<u16> = wanted.encode_utf16().collect();
        fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)
    }

    pub(super) fn as_text(&self) -> Option<String> {
        match self {
            Json::Text(units) => String::from_utf16(units).ok(),
            _ => None,
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(yes) => write!(f, "{yes}"),
            Json::Number(text) => f.write_str(text),
            Json::Text(units) => write!(f, "{:?}", String::from_utf16_lossy(units)),
            Json::List(items) => f.debug_list().entries(items).finish(),
            Json::Object(fields) => f
                .debug_map()
                .entries(fields.iter().map(|(n, v)| (String::from_utf16_lossy(n), v)))
                .finish(),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, word: &str) -> bool {
        self.blanks();
        let after = self.rest.strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self) -> Option<Json> {
        self.blanks();
        match self.rest.chars().next()? {
            '{' => self.object(),
            '[' => self.list(),
            '"' => Some(Json::Text(self.string()?)),
            't' => self.eat("true").then_some(Json::Bool(true)),
            'f' => self.eat("false").then_some(Json::Bool(false)),
            'n' => self.eat("null").then_some(Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Option<Json> {
        let mut fields = Vec::new();
        self.eat("{");
        if self.eat("}") {
            return Some(Json::Object(fields));
        }
        loop {
            self.blanks();
            let name = self.string()?;
            if !self.eat(":") {
                return None;
            }
            fields.push((name, self.value()?));
            if !self.eat(",") {
                return self.eat("}").then_some(Json::Object(fields));
            }
        }
    }

    fn list(&mut self) -> Option<Json> {
        let mut items = Vec::new();
        self.eat("[");
        if self.eat("]") {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            if !self.eat(",") {
                return self.eat("]").then_some(Json::List(items));
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse::<f64>().ok()?;
        Some(Json::Number(number.to_owned()))
    }

    fn string(&mut self) -> Option<Vec<u16>> {
        let mut units = Vec::new();
        let mut chars = self.rest.strip_prefix('"')?.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => units.push(escaped(&mut chars)?),
                c if c < ' ' => return None,
                c => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
            }
        }
        self.rest = chars.as_str();
        Some(units)
    }
}

fn escaped(chars: &mut std::str::Chars<'_>) -> Option<u16> {
    Some(match chars.next()? {
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'u' => {
            let digits = chars.as_str().get(..4)?;
            let unit = u16::from_str_radix(digits, 16).ok()?;
            chars.nth(3);
            unit
        }
        c @ ('"' | '\\' | '/') => c as u16,
        _ => return None,
    })
}
