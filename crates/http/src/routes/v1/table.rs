//! A route: its handler and its description. The router and the OpenAPI document are built from the
//! same routes, so they always agree.

use axum::Router;
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::routing::{MethodFilter, MethodRouter, on};
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Content, ContentBuilder, HeaderBuilder, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};

use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::state::State;

/// Problems that every route may return, because the listener's checks come before the route.
const ANYWHERE: [Kind; 4] = [
    Kind::InvalidArgument,
    Kind::CrossSite,
    Kind::WrongHost,
    Kind::Overloaded,
];
/// Problems that every route with a right may return, because it checks the key and sends a
/// command.
const WITH_RIGHT: [Kind; 7] = [
    Kind::Unauthorized,
    Kind::AppNotAllowed,
    Kind::RightNotAllowed,
    Kind::Internal,
    Kind::NoPermission,
    Kind::Unavailable,
    Kind::NoModule,
];
/// Problems that every route with a body may return.
const WITH_BODY: [Kind; 4] = [
    Kind::InvalidJson,
    Kind::SlowRequest,
    Kind::TooLarge,
    Kind::UnsupportedMediaType,
];

pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) method: Method,
    pub(super) right: Option<Right>,
    handler: MethodRouter<State>,
    pub(super) operation: OperationBuilder,
    pub(super) replies: Vec<(StatusCode, Response)>,
    pub(super) problems: Vec<Kind>,
    /// The schemas that the operation refers to, by name.
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Route {
    /// `name` is the operation's name in the document, from which programs generate names of
    /// functions.
    pub(super) fn new<H, T>(
        method: Method,
        path: &'static str,
        handler: H,
        name: &'static str,
        summary: &'static str,
    ) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        // The table only has methods for which a filter exists.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Self {
            path,
            method,
            right: None,
            handler: on(filter, handler),
            operation: OperationBuilder::new().operation_id(Some(name)).summary(Some(summary)),
            replies: Vec::new(),
            problems: ANYWHERE.to_vec(),
            schemas: Vec::new(),
        }
    }

    /// The right that the handler's `Admitted` requires.
    pub(super) fn right(mut self, right: Right) -> Self {
        self.right = Some(right);
        self.or(&WITH_RIGHT)
    }

    /// Adds details to the summary.
    pub(super) fn details(mut self, text: &str) -> Self {
        self.operation = self.operation.description(Some(text));
        self
    }

    /// The parameters that the handler's `Query` reads.
    pub(super) fn query<Q: IntoParams>(mut self) -> Self {
        let parameters = Q::into_params(|| Some(ParameterIn::Query));
        self.operation = parameters.into_iter().fold(self.operation, OperationBuilder::parameter);
        self
    }

    /// A header that the handler reads.
    pub(super) fn header(mut self, name: &str, required: Required, text: &str, schema: RefOr<Schema>) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required)
            .description(Some(text))
            .schema(Some(schema))
            .build();
        self.operation = self.operation.parameter(parameter);
        self
    }

    /// The body that the handler's `Json` reads.
    pub(super) fn body<B: ToSchema>(mut self, required: Required) -> Self {
        let body = RequestBodyBuilder::new()
            .required(Some(required))
            .content("application/json", self.content::<B>())
            .build();
        self.operation = self.operation.request_body(Some(body));
        self.or(&WITH_BODY)
    }

    /// A response with a body.
    pub(super) fn returns<B: ToSchema>(mut self, status: StatusCode, text: &str) -> Self {
        let content = self.content::<B>();
        let response = ResponseBuilder::new()
            .description(text)
            .content("application/json", content);
        self.replies.push((status, response.build()));
        self
    }

    /// A response without a body.
    pub(super) fn returns_nothing(mut self, status: StatusCode, text: &str) -> Self {
        self.replies.push((status, Response::new(text)));
        self
    }

    /// A header of the last response.
    pub(super) fn with(mut self, name: &str, text: &str) -> Self {
        if let Some((_, response)) = self.replies.last_mut() {
            let header = HeaderBuilder::new().description(Some(text)).build();
            response.headers.insert(name.into(), header.into());
        }
        self
    }

    /// Other responses of the route.
    pub(super) fn or(mut self, problems: &[Kind]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }

    fn content<B: ToSchema>(&mut self) -> Content {
        B::schemas(&mut self.schemas);
        self.schemas.push((B::name().into_owned(), B::schema()));
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(B::name())))
            .build()
    }
}

/// The routes as a router. Methods that a path does not have get 405, including HEAD, which axum
/// would serve as GET: a session that is read by HEAD would count as used although no client sees
/// it.
pub(super) fn router(routes: Vec<Route>) -> Router<State> {
    let mut paths: Vec<(&'static str, Vec<Method>, MethodRouter<State>)> = Vec::new();
    for route in routes {
        match paths.iter_mut().find(|(path, ..)| *path == route.path) {
            Some((_, methods, handlers)) => {
                methods.push(route.method);
                *handlers = std::mem::take(handlers).merge(route.handler);
            }
            None => paths.push((route.path, vec![route.method], route.handler)),
        }
    }
    paths
        .into_iter()
        .fold(Router::new(), |router, (path, methods, handlers)| {
            let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
            let refuse = refuse(&names.join(", "));
            router.route(path, handlers.head(refuse.clone()).fallback(refuse))
        })
}

fn refuse(allowed: &str) -> impl Handler<((),), State> {
    let problem = Problem::new(Kind::MethodNotAllowed, format!("use one of these methods: {allowed}"));
    let problem = match HeaderValue::from_str(allowed) {
        Ok(value) => problem.with_header(header::ALLOW, value),
        Err(_) => problem,
    };
    move || async move { problem }
}
