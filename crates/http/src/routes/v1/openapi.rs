//! `GET /v1/openapi.json`: the routes as an OpenAPI 3.1 document.

use std::sync::LazyLock;

use axum::http::{HeaderName, Method, StatusCode, header};
use utoipa::PartialSchema;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::schema::{AllOfBuilder, ComponentsBuilder, ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Header, InfoBuilder, OpenApi, OpenApiBuilder, Ref, Required, Response, ResponseBuilder,
};

use super::table::Route;
use super::{all, schema};
use crate::problem::{Details, Kind, MEDIA_TYPE};
use crate::query::{Nothing, Query};

/// The name of the security scheme.
const KEY: &str = "key";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(all()).to_json().unwrap_or_default());

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/v1/openapi.json",
            description,
            "describe",
            "Returns this description",
        )
        .returns::<schema::Description>(StatusCode::OK, "An OpenAPI document"),
    ]
}

async fn description(Query(Nothing {}): Query<Nothing>) -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

fn document(routes: Vec<Route>) -> OpenApi {
    let mut paths = Paths::new();
    let mut schemas = schema::arguments();
    schemas.push(("Problem".into(), Details::schema()));
    for mut route in routes {
        schemas.append(&mut route.schemas);
        let (path, method) = (route.path, described(&route.method));
        paths.add_path_operation(path, vec![method], operation(route));
    }
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A key of the service: shk_ and 43 characters. Not required if the service is configured without keys.",
        ))
        .build();
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(KEY, SecurityScheme::Http(key))
        .build();
    let info = InfoBuilder::new()
        .title("sessions-http")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("The session store over HTTP"))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components))
        .build()
}

fn described(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn operation(route: Route) -> Operation {
    let problems = problems(&route.problems);
    let operation = route
        .replies
        .into_iter()
        .chain(problems)
        .fold(route.operation, |operation, (status, response)| {
            operation.response(status.as_str(), response)
        });
    match route.right {
        Some(right) => {
            let app = ParameterBuilder::new()
                .name("app")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(Ref::from_schema_name("AppName")))
                .build();
            // Bearer has no scopes, but a document of 3.1 may name the roles that are required.
            let key = SecurityRequirement::new(KEY, [right.to_string()]);
            operation.parameter(app).security(key).build()
        }
        None => operation.securities(Some([])).build(),
    }
}

/// A response for each status, with the possible types of its problems.
fn problems(kinds: &[Kind]) -> Vec<(StatusCode, Response)> {
    let mut statuses: Vec<StatusCode> = kinds.iter().map(|kind| kind.status()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let response = |status: StatusCode| {
        let kinds = kinds.iter().filter(|kind| kind.status() == status);
        let titles: Vec<String> = kinds
            .clone()
            .map(|kind| format!("`{}`: {}", kind.name(), kind.title()))
            .collect();
        let one_of = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(kinds.clone().map(|kind| kind.uri())));
        let schema = AllOfBuilder::new()
            .item(Ref::from_schema_name("Problem"))
            .item(ObjectBuilder::new().schema_type(Type::Object).property("type", one_of));
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new()
            .description(titles.join("; "))
            .content(MEDIA_TYPE, content);
        let response = kinds
            .filter_map(|kind| kind.header())
            .fold(response, |response, (name, _)| {
                response.header(name.as_str(), Header::default())
            });
        (status, response.build())
    };
    statuses.into_iter().map(response).collect()
}
