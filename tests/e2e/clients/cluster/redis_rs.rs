//! redis-rs: docs/cluster.md shows the code before the tests word for word.

use super::*;
use crate::clients::snippets::snippet_with;
use crate::clients::users::password;

use redis::cluster::{ClusterClient, ClusterConnection};
use redis::cluster_routing::{AggregateOp, MultipleNodeRoutingInfo, ResponsePolicy, Route};
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::{FromRedisValue, RedisResult, cmd, from_redis_value};
use std::time::Duration;

fn connect(node: &str) -> RedisResult<ClusterConnection> {
    let (to_connect, to_reply) = (Duration::from_secs(5), Duration::from_secs(5));
    let client = ClusterClient::builder([node]).min_retry_wait(10).max_retry_wait(200);
    let client = client.connection_timeout(to_connect).response_timeout(to_reply);
    client.build()?.get_connection()
}

fn sessions<T: FromRedisValue>(redis: &mut ClusterConnection, command: &str, args: &[&str]) -> RedisResult<T> {
    let route = Route::with_key(args[1], SlotAddr::Master); // the id or the token
    let route = RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(route));
    Ok(from_redis_value(redis.route_command(cmd(command).arg(args), route)?)?)
}

fn everywhere(redis: &mut ClusterConnection, command: &str, args: &[&str]) -> RedisResult<i64> {
    let sum = ResponsePolicy::Aggregate(AggregateOp::Sum);
    let route = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, Some(sum)));
    Ok(from_redis_value(redis.route_command(cmd(command).arg(args), route)?)?)
}

#[test]
fn redis_rs_routes_by_the_key_that_it_is_given() {
    let source = crate::clients::file("tests/e2e/clients/cluster/redis_rs.rs");
    assert!(
        source.contains(&snippet_with("rust", "ClusterClient")),
        "docs/cluster.md shows another"
    );
    let cluster = Cluster::start(3, 0);
    let connect = || connect(&format!("redis://{}", cluster.address())).unwrap();
    let (mut one, mut all) = (connect(), connect());
    let about_one = |command: &[&str]| sessions(&mut one, command[0], &command[1..]).unwrap();
    let about_all = |command: &[&str]| everywhere(&mut all, command[0], &command[1..]).unwrap();
    let moved = moved_while(&cluster, || assert_eq!(story(about_one, about_all), expected()));
    assert_eq!(moved, 0);
    let shown = meet_a_moving_slot(&cluster, |token| {
        let reply = sessions(&mut one, "SESSIONS.GET", &["webapp", token, "JSON"]);
        reply.unwrap_or_else(|error| error.to_string())
    });
    assert!(shown.tries > 1, "{shown:?}");
    assert!(!shown.text.starts_with('{'), "{shown:?}");
}

#[test]
fn redis_rs_routes_by_the_app_unless_it_is_given_a_key() {
    let cluster = Cluster::start(3, 0);
    let connect = || connect(&format!("redis://{}", cluster.address())).unwrap();
    let (mut one, mut all) = (connect(), connect());
    let about_one = |command: &[&str]| redis::cmd(command[0]).arg(&command[1..]).query(&mut one).unwrap();
    let about_all = |command: &[&str]| everywhere(&mut all, command[0], &command[1..]).unwrap();
    let moved = moved_while(&cluster, || assert_eq!(story(about_one, about_all), expected()));
    assert_eq!(moved, commands_away_from(&cluster, cluster.owner_of("webapp")));
}

#[test]
fn redis_rs_logs_in_as_the_users_of_the_example() {
    let (cluster, lines) = users::start();
    let connect = |user: &str| {
        let url = format!("redis://{user}:{}@{}", password(&lines, user), cluster.address());
        connect(&url).unwrap_or_else(|error| panic!("{user}: {error}"))
    };
    users::works_as_each_user(&cluster, |user| {
        Box::new(move |to, words| {
            let command = format!("SESSIONS.{}", words[0]);
            match to {
                "one" => sessions::<String>(&mut connect(user), &command, &words[1..]).unwrap(),
                _ => everywhere(&mut connect(user), &command, &words[1..])
                    .unwrap()
                    .to_string(),
            }
        })
    });
}
