//! One site in three languages with the packages in clients/: Node.js (Express, Fastify, Koa),
//! Python (Django, Flask, FastAPI) and PHP (PHP's own sessions, Laravel). All parts are behind one
//! nginx and share one cookie with the service.
//!
//! `scripts/clients.sh` installs what they need; a test without it is skipped.

mod at_once;
mod device;
mod each_other;
mod page;
mod shop;
mod site;
mod values;

use device::Device;
use site::Site;

/// The parts of the site, by the first word of their paths.
const PARTS: [&str; 8] = [
    "express", "fastify", "koa", "django", "flask", "fastapi", "php", "laravel",
];
