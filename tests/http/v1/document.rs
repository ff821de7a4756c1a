//! The OpenAPI document of a running service, and the check of responses against it.

use crate::harness::*;
use boon::{Compiler, Schemas};
use serde_json::Value;

/// The address of the document for the validator.
const PLACE: &str = "http://localhost/openapi.json";
/// Headers that a response may have without a description.
const UNDESCRIBED: [&str; 5] = [
    "content-type",
    "content-length",
    "cache-control",
    "date",
    "accept-patch",
];

pub(super) struct Document(Value);

/// An operation of the document.
pub(super) struct Operation<'a> {
    pub(super) method: String,
    pub(super) path: &'a str,
    pub(super) description: &'a Value,
}

impl Document {
    #[track_caller]
    pub(super) fn of(service: &Service) -> Document {
        Document(service.get("/v1/openapi.json").send().assert_status(200).json())
    }

    pub(super) fn value(&self) -> &Value {
        &self.0
    }

    pub(super) fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().expect("paths").iter();
        paths
            .flat_map(|(path, item)| {
                let operations = item.as_object().expect("operations").iter();
                operations.map(|(method, description)| Operation {
                    method: method.to_uppercase(),
                    path,
                    description,
                })
            })
            .collect()
    }

    /// Fails if the document does not describe this response to this request.
    #[track_caller]
    pub(super) fn hold(&self, method: &str, target: &str, response: &Response) {
        let path = target.split('?').next().unwrap_or_default();
        let operations = self.operations();
        let operation = operations
            .iter()
            .find(|operation| operation.method == method && is_of(path, operation.path))
            .unwrap_or_else(|| panic!("the document has no {method} {path}"));
        let status = response.status().to_string();
        let described = &operation.description["responses"][&status];
        assert!(described.is_object(), "{method} {} has no {response:?}", operation.path);
        self.hold_headers(described, response);
        let kind = response.header("content-type");
        match described["content"].as_object() {
            None => assert_eq!((kind, response.bytes()), (None, &b""[..]), "{response:?} must be empty"),
            Some(kinds) => {
                let kind = kind.unwrap_or_default();
                assert!(
                    kinds.contains_key(kind),
                    "{response:?} must be of one of {:?}",
                    kinds.keys()
                );
                let pointer = [
                    "paths",
                    operation.path,
                    &method.to_lowercase(),
                    "responses",
                    &status,
                    "content",
                    kind,
                ];
                self.hold_body(&pointer, response);
            }
        }
    }

    #[track_caller]
    fn hold_headers(&self, described: &Value, response: &Response) {
        let described: Vec<String> = match described["headers"].as_object() {
            Some(headers) => headers.keys().map(|name| name.to_lowercase()).collect(),
            None => Vec::new(),
        };
        for name in &described {
            assert!(response.header(name).is_some(), "no {name} in {response:?}");
        }
        for (name, _) in response.headers() {
            let known = UNDESCRIBED.contains(&name) || described.iter().any(|known| known == name);
            assert!(known, "{name} is not described in {response:?}");
        }
        assert_eq!(response.header("cache-control"), Some("no-store"), "{response:?}");
    }

    #[track_caller]
    fn hold_body(&self, pointer: &[&str], response: &Response) {
        let escaped: Vec<String> = pointer.iter().map(|part| escaped(part)).collect();
        let place = format!("{PLACE}#/{}/schema", escaped.join("/"));
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler
            .add_resource(PLACE, self.strict())
            .expect("the document is JSON");
        let schema = compiler
            .compile(&place, &mut schemas)
            .unwrap_or_else(|error| panic!("{place}: {error:#}"));
        if let Err(error) = schemas.validate(&response.json(), schema) {
            panic!("{error:#}\n{response:?}");
        }
    }

    /// The document, with no members allowed that a schema does not name.
    fn strict(&self) -> Value {
        let mut document = self.0.clone();
        let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
        for schema in schemas.values_mut().filter(|schema| schema["properties"].is_object()) {
            schema["additionalProperties"] = false.into();
        }
        document
    }
}

/// Whether a path belongs to this route.
fn is_of(path: &str, route: &str) -> bool {
    let (parts, route): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), route.split('/').collect());
    let same = |(part, of_route): (&&str, &&str)| part == of_route || of_route.starts_with('{');
    parts.len() == route.len() && parts.iter().zip(&route).all(same)
}

/// A part of a JSON pointer in the fragment of a URL.
fn escaped(part: &str) -> String {
    let pointer = part.replace('~', "~0").replace('/', "~1");
    pointer.replace('{', "%7B").replace('}', "%7D").replace('+', "%2B")
}
