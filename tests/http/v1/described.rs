//! Compares the OpenAPI document with the service: routes, parameters and their bounds. The other
//! tests check that each response agrees with the document.

use super::document::Operation;
use super::values::{resolved, values};
use super::{Call, Site};
use crate::harness::percent_encoded;
use serde_json::{Value, json};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// A body with which the operation succeeds.
fn body(operation: &Operation) -> Option<Value> {
    match operation.description["operationId"].as_str().unwrap() {
        "createSession" => Some(json!({"id": "u1"})),
        "patchSession" => Some(json!({"a": 1})),
        "saveSession" => Some(json!({"data": {}, "id": "u1"})),
        "incrementSession" => Some(json!({"key": "n"})),
        "touchSession" => Some(json!({})),
        "rotateSession" => Some(json!({"id": "u1"})),
        "endUsers" => Some(json!({"ids": ["u1"]})),
        _ => None,
    }
}

/// A valid value for a required parameter.
fn required(name: &str) -> &'static str {
    match name {
        "id" => "u1",
        "confirm" => super::APP,
        other => panic!("no value for {other}"),
    }
}

fn parameters<'a>(operation: &'a Operation, place: &str) -> Vec<&'a Value> {
    let all = operation.description["parameters"].as_array();
    let all = all.map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|parameter| parameter["in"] == place).collect()
}

/// A request of an operation with these parameters in addition to the required ones, to a new
/// session.
fn call<'a>(site: &'a Site, operation: &Operation, query: &[(&str, &str)], body: Option<&str>) -> Call<'a> {
    let path = operation.path.replace("{app}", &site.app);
    let given = |name: &str| query.iter().any(|(given, _)| *given == name);
    let mut pairs: Vec<String> = Vec::new();
    for parameter in parameters(operation, "query") {
        let name = parameter["name"].as_str().unwrap();
        if parameter["required"] == true && !given(name) {
            pairs.push(format!("{name}={}", required(name)));
        }
    }
    pairs.extend(query.iter().map(|(name, value)| format!("{name}={value}")));
    let target = if pairs.is_empty() {
        path
    } else {
        format!("{path}?{}", pairs.join("&"))
    };
    let mut call = site.call_at(&operation.method, &target);
    for parameter in parameters(operation, "header") {
        if parameter["required"] == true {
            assert_eq!(parameter["name"], "Session-Token");
            call = call.token(&site.create(&json!({"id": "u1"})));
        }
    }
    match body {
        Some(body) => call.text(body),
        None => call,
    }
}

#[test]
fn a_path_has_the_methods_of_the_document_and_no_others() {
    let site = Site::start();
    let operations = site.document.operations();
    for path in operations.iter().map(|operation| operation.path) {
        let mut described: Vec<&str> = METHODS.to_vec();
        described.retain(|method| operations.iter().any(|o| o.path == path && o.method == *method));
        let target = path.replace("{app}", &site.app);
        for method in METHODS {
            let response = site.endpoint.request(method, &target).send();
            if described.contains(&method) {
                assert!(
                    ![404, 405].contains(&response.status()),
                    "{method} {path}: {response:?}"
                );
                continue;
            }
            let response = response.assert_status(405);
            let mut allowed: Vec<&str> = response.header("allow").unwrap_or_default().split(", ").collect();
            allowed.sort_by_key(|method| METHODS.iter().position(|known| known == method));
            assert_eq!(allowed, described, "{method} {path}");
            if method != "HEAD" {
                assert_eq!(response.problem(), "method-not-allowed");
            }
        }
    }
    for path in ["/v1", "/v1/", "/v1/apps", "/v1/apps/webapp", "/v1/apps/webapp/session/"] {
        assert_eq!(site.endpoint.get(path).send().assert_status(404).problem(), "no-route");
    }
}

#[test]
fn every_operation_succeeds_with_what_is_required_and_without_it_is_refused() {
    let site = Site::start();
    for operation in site.document.operations() {
        let text = body(&operation).map(|body| body.to_string());
        let response = call(&site, &operation, &[], text.as_deref()).send();
        assert!(
            response.status() < 300,
            "{} {}: {response:?}",
            operation.method,
            operation.path
        );
        if text.is_some() && operation.description["requestBody"]["required"] == true {
            let response = call(&site, &operation, &[], None).send().assert_status(415);
            assert_eq!(response.problem(), "unsupported-media-type");
        }
        let path = operation.path.replace("{app}", &site.app);
        let has_required = |place| parameters(&operation, place).iter().any(|p| p["required"] == true);
        if has_required("query") {
            let response = site.call_at(&operation.method, &path).send().assert_status(400);
            assert!(response.text().contains("is required"), "{response:?}");
        } else if has_required("header") {
            let bare = site.call_at(&operation.method, &path);
            bare.is_invalid("the header Session-Token is required");
            let twice = site.call_at(&operation.method, &path).token("a").token("a");
            twice.is_invalid("the header Session-Token is given twice");
        }
    }
}

#[test]
fn parameters_that_the_document_does_not_have_are_refused_and_so_are_repeated_ones() {
    let site = Site::start();
    for operation in site.document.operations() {
        let text = body(&operation).map(|body| body.to_string());
        let response = call(&site, &operation, &[("s3cret", "s3cret")], text.as_deref()).send();
        assert_eq!(response.status(), 400, "{} {}", operation.method, operation.path);
        assert!(
            response.text().contains("unknown parameter in the query"),
            "{response:?}"
        );
        assert!(!response.text().contains("s3cret"), "{response:?}");
        for parameter in parameters(&operation, "query") {
            let name = parameter["name"].as_str().unwrap();
            let (valid, _) = values(&site, name, &parameter["schema"]);
            let valid = valid[0].as_str().map_or(valid[0].to_string(), str::to_owned);
            let twice = call(&site, &operation, &[(name, &valid), (name, &valid)], text.as_deref());
            twice.is_invalid(&format!("\"{name}\" is given twice"));
        }
        let path = operation.path.replace("{app}", &site.app);
        let latin = format!("{path}?id=caf%E9");
        let latin = site.call_at(&operation.method, &latin);
        latin.is_invalid("invalid query: must be percent-encoded UTF-8");
    }
}

#[test]
fn parameters_have_the_bounds_of_the_document() {
    let site = Site::start();
    for operation in site.document.operations() {
        let text = body(&operation).map(|body| body.to_string());
        for parameter in parameters(&operation, "query") {
            let name = parameter["name"].as_str().unwrap();
            let (valid, invalid) = values(&site, name, &parameter["schema"]);
            for (values, is_valid) in [(valid, true), (invalid, false)] {
                for value in values {
                    let value = percent_encoded(&value.as_str().map_or(value.to_string(), str::to_owned));
                    let call = call(&site, &operation, &[(name, &value)], text.as_deref());
                    let response = call.send();
                    let expected = if is_valid {
                        response.status() < 300
                    } else {
                        response.status() == 400
                    };
                    assert!(
                        expected,
                        "{} {}?{name}={value}: {response:?}",
                        operation.method, operation.path
                    );
                }
            }
        }
    }
}

#[test]
fn members_of_bodies_have_the_types_and_bounds_of_the_document() {
    let site = Site::start();
    for operation in site.document.operations() {
        let schema = &operation.description["requestBody"]["content"]["application/json"]["schema"];
        let schema = resolved(&site, schema);
        let Some(members) = schema["properties"].as_object() else {
            continue;
        };
        let base = body(&operation).unwrap();
        let send = |body: &str| call(&site, &operation, &[], Some(body)).send();
        for (name, schema) in members {
            let mut base = base.clone();
            base.as_object_mut().unwrap().remove(name);
            match name.as_str() {
                "anonymous" => base.as_object_mut().unwrap().retain(|name, _| name == "data"),
                "reject" => (base["id"], base["max"]) = ("u2".into(), 100.into()),
                _ => {}
            }
            let with = |value: &Value| super::and(&base, name, value.clone()).to_string();
            let (valid, mut invalid) = values(&site, name, schema);
            if valid.iter().any(Value::is_string) {
                invalid.extend([json!(5), json!(true), json!({})]);
            }
            for (values, is_valid) in [(valid, true), (invalid, false)] {
                for value in values {
                    let response = send(&with(&value));
                    let expected = if is_valid {
                        response.status() < 300
                    } else {
                        response.status() == 400
                    };
                    assert!(expected, "{} {name}: {value}: {response:?}", operation.path);
                }
            }
            let once = base.to_string();
            let once = &once[1..once.len() - 1];
            let comma = if once.is_empty() { "" } else { "," };
            let twice = send(&format!("{{{once}{comma}\"{name}\":null,\"{name}\":null}}"));
            let required = schema_requires(&site, &operation, name);
            let detail = twice.assert_status(400).json()["detail"].clone();
            assert!(required || detail == format!("\"{name}\" is given twice"), "{detail}");
            assert_eq!(
                send(&base.to_string()).status() == 400,
                required,
                "without {name} in {}",
                operation.path
            );
        }
        let unknown = send(&super::and(&base, "s3cret", json!("s3cret")).to_string()).assert_status(400);
        assert!(unknown.text().contains("unknown member in the body"), "{unknown:?}");
        assert!(!unknown.text().contains("s3cret"), "{unknown:?}");
    }
}

fn schema_requires(site: &Site, operation: &Operation, name: &str) -> bool {
    let schema = &operation.description["requestBody"]["content"]["application/json"]["schema"];
    let required = &resolved(site, schema)["required"];
    required
        .as_array()
        .is_some_and(|required| required.iter().any(|known| known == name))
}

#[test]
fn the_document_is_served_without_a_key() {
    let site = Site::start();
    let response = site.service.get("/v1/openapi.json").send().assert_status(200);
    assert_eq!(response.json()["openapi"], "3.1.0");
    site.call_at("GET", "/v1/openapi.json").gives(200);
    let names: Vec<String> = site
        .document
        .operations()
        .iter()
        .map(|operation| operation.description["operationId"].to_string())
        .collect();
    let mut different = names.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), names.len(), "{names:?}");
}
