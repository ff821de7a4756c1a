//! A small shop with log-in on axum that keeps its sessions in Redis. See ../../README.md.

use axum::extract::{ConnectInfo, Form, FromRequestParts, Request};
use axum::http::{HeaderMap, Method, StatusCode, header, request::Parts};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use axum::{Router, middleware::Next, middleware::from_fn, routing::get, routing::post};
use minijinja::context;
use redis::{Client, FromRedisValue, aio::ConnectionManager, cmd};
use serde_json::{Value, from_str};
use std::{collections::HashMap, env::var, fmt::Display, net::SocketAddr, sync::LazyLock, time};

const APP: &str = "shop";
const PRODUCTS: [&str; 3] = ["apples", "bread", "cheese"];
/// Instead of your users and the hashes of their passwords.
const PASSWORDS: [(&str, &str); 2] = [("ann", "demo"), ("bob", "demo")];
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'";

static BEHIND_TLS: LazyLock<bool> = LazyLock::new(|| var("BEHIND_TLS").is_ok_and(|it| it == "1"));
static COOKIE: LazyLock<&str> = LazyLock::new(|| if *BEHIND_TLS { "__Host-session" } else { "session" });
type Answer = Result<Response, StatusCode>;

/// One request of a browser, with the session that its cookie names: counts as a use of it.
struct Visit {
    store: ConnectionManager,
    ip: String,
    browser: String,
    token: Option<String>,
    session: Value,
}

impl FromRequestParts<ConnectionManager> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, store: &ConnectionManager) -> Result<Visit, StatusCode> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, store).await.map_err(broken)?;
        let header = |name| parts.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or("");
        // The proxy appends the client's address: it is the last one.
        let told = header("x-forwarded-for").rsplit(',').next().filter(|it| *BEHIND_TLS && !it.is_empty());
        let ip = told.map_or(peer.ip().to_string(), |it| it.trim().chars().take(64).collect());
        let mut cookies = header("cookie").split(';').filter_map(|it| it.trim().split_once('='));
        let token = cookies.find(|(name, _)| name == &*COOKIE).map(|(_, value)| value.to_owned());
        let browser = header("user-agent").to_owned();
        let mut visit = Visit { store: store.clone(), ip, browser, token: None, session: Value::Null };
        if let Some(token) = &token {
            visit.session = visit.json("GET", &[token, "JSON"]).await?;
        }
        visit.token = token.filter(|_| !visit.session.is_null());
        Ok(visit)
    }
}

impl Visit {
    async fn run<T: FromRedisValue>(&self, command: &str, words: &[&str]) -> Result<T, StatusCode> {
        let command = cmd(&format!("SESSIONS.{command}")).arg(APP).arg(words).to_owned();
        command.query_async(&mut self.store.clone()).await.map_err(broken)
    }

    /// The reply of a command with JSON; null stays null.
    async fn json(&self, command: &str, words: &[&str]) -> Result<Value, StatusCode> {
        let reply: Option<String> = self.run(command, words).await?;
        from_str(reply.as_deref().unwrap_or("null")).map_err(broken)
    }

    /// A log-in ends after two hours without use, and after a week even if it is used. The log-in
    /// on a sixth device ends the session that was least recently used.
    async fn log_in<T: FromRedisValue>(&self, command: &str, words: &[&str]) -> Result<T, StatusCode> {
        let login = ["IP", &self.ip, "UA", &self.browser, "TTL", "7200", "LIFETIME", "604800", "MAX", "5"];
        self.run(command, &[words, &login].concat()).await
    }

    /// None for a visitor, whose session is anonymous.
    fn user(&self) -> Option<&str> {
        self.session["id"].as_str()
    }
}

fn go_with_cookie(token: &str, rules: &str) -> Answer {
    let secure = if *BEHIND_TLS { "; Secure" } else { "" };
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{rules}", *COOKIE);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

fn page(name: &str, values: minijinja::Value) -> Result<Html<String>, StatusCode> {
    let mut pages = minijinja::Environment::new();
    pages.set_loader(minijinja::path_loader(concat!(env!("CARGO_MANIFEST_DIR"), "/../pages")));
    pages.get_template(name).and_then(|it| it.render(values)).map(Html).map_err(broken)
}

fn shop(visit: &Visit, wrong: bool) -> Answer {
    let values = context! { user => visit.user(), d => visit.session["d"], products => PRODUCTS, wrong };
    let status = if wrong { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    Ok((status, page("shop.html", values)?).into_response())
}

async fn add_to_cart(visit: Visit, Form(form): Form<HashMap<String, String>>) -> Answer {
    let item = form.get("item").filter(|it| PRODUCTS.contains(&it.as_str())).ok_or(StatusCode::BAD_REQUEST)?;
    let new = ["", "ANON", "IP", &visit.ip, "TTL", "1800"];
    let token = if let Some(token) = &visit.token { token } else { &visit.run("CREATE", &new).await? };
    visit.run::<()>("INCR", &[token, item]).await?;
    go_with_cookie(token, "")
}

async fn log_in(visit: Visit, Form(form): Form<HashMap<String, String>>) -> Answer {
    let field = |name| form.get(name).map_or("", String::as_str);
    let Some((user, _)) = PASSWORDS.into_iter().find(|it| *it == (field("user"), field("password"))) else {
        return shop(&visit, true);
    };
    let token: Option<String> = match &visit.token {
        // The session keeps the cart and gets a new token; the old token is no longer valid.
        Some(token) if visit.user().is_none_or(|it| it == user) => visit.log_in("ROTATE", &[token, "ID", user]).await?,
        // The session belongs to another user, and none of its data may be kept.
        Some(token) => visit.run("KILL", &[token]).await.map(|()| None)?,
        None => None,
    };
    let token = if let Some(token) = token { token } else { visit.log_in("CREATE", &[user]).await? };
    go_with_cookie(&token, "")
}

async fn log_out(visit: Visit) -> Answer {
    if let Some(token) = &visit.token {
        visit.run::<()>("KILL", &[token]).await?;
    }
    go_with_cookie("", "; Max-Age=0")
}

async fn show_devices(visit: Visit) -> Answer {
    let Some(user) = visit.user() else {
        return Ok(Redirect::to("/").into_response());
    };
    let devices = visit.json("SOID", &[user, "LIMIT", "0", "50", "JSON"]).await?;
    let now = time::UNIX_EPOCH.elapsed().map_err(broken)?.as_secs();
    Ok(page("devices.html", context! { user, devices, here => visit.session["sid"], now })?.into_response())
}

async fn log_out_devices(visit: Visit, Form(form): Form<HashMap<String, String>>) -> Answer {
    let is_sid = |it: &str| it.len() == 16 && it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let sid = form.get("sid").filter(|it| *it == "others" || is_sid(it)).ok_or(StatusCode::BAD_REQUEST)?;
    if let (Some(user), Some(token)) = (visit.user(), &visit.token) {
        let which = if sid == "others" { ["EXCEPT", token] } else { ["ONLY", sid] };
        visit.run::<()>("KILLSOID", &[user, which[0], which[1]]).await?;
    }
    Ok(Redirect::to("/devices").into_response())
}

/// Whether a form comes from a page of this site.
fn is_ours(headers: &HeaderMap) -> bool {
    let header = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let origin = header("origin").and_then(|it| it.split_once("://")).map(|(_, host)| host);
    header("sec-fetch-site").map_or(origin.is_some() && origin == header("host"), |it| it == "same-origin")
}

async fn guard(request: Request, next: Next) -> Response {
    if request.method() == Method::POST && !is_ours(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (AppendHeaders(headers), next.run(request).await).into_response()
}

/// Errors are written to the log only.
fn broken(error: impl Display) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::open(var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".into()))?;
    // By default redis-rs gives up on a reply after half a second, and the page would be an error.
    let config = redis::aio::ConnectionManagerConfig::new().set_response_timeout(Some(time::Duration::from_secs(5)));
    let store = client.get_connection_manager_with_config(config).await?;
    let style = ([(header::CONTENT_TYPE, "text/css")], include_str!("../../static/style.css"));
    let routes = Router::new()
        .route("/", get(async |visit: Visit| shop(&visit, false)))
        .route("/static/style.css", get(async move || style))
        .route("/cart", post(add_to_cart))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/devices", get(show_devices))
        .route("/devices/logout", post(log_out_devices));
    let routes = routes.layer(from_fn(guard)).with_state(store).into_make_service_with_connect_info::<SocketAddr>();
    let address = format!("127.0.0.1:{}", var("PORT").as_deref().unwrap_or("8080"));
    Ok(axum::serve(tokio::net::TcpListener::bind(address).await?, routes).await?)
}
