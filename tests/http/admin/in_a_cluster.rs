//! In a cluster, each page combines the replies of all primaries.

use super::Browser;
use crate::harness::*;

/// A session whose idle time is 0 for the whole test, so that only the nodes' order decides the
/// order of such sessions.
#[track_caller]
fn create_in_the_future(cluster: &Cluster, client: &mut Roamer, id: &str) {
    let token = client.run(&["SESSIONS.CREATE", "webapp", id]).text().to_owned();
    assert!(is_token(&token), "{token:?}");
    age_in_cluster(cluster, "webapp", &token, -1000);
}

#[test]
fn in_a_cluster_the_pages_are_about_all_nodes() {
    let cluster = Cluster::start(3, 0);
    let service = super::keys(Service::builder().cluster(&cluster)).start();
    let mut client = cluster.client();
    for n in 0..60 {
        create_in_the_future(&cluster, &mut client, &format!("user{n:02}"));
    }
    create_in_the_future(&cluster, &mut client, "user07");
    let mut lead = Browser::new(&service);
    lead.log_in(&service.key("lead").text).assert_status(303);

    let page = lead.get("/admin/apps/webapp").assert_status(200);
    assert!(page.text().contains("<dt>Sessions</dt><dd>61</dd>"), "{page:?}");
    assert!(
        page.text().contains("<dt>Users in 5 minutes</dt><dd>60</dd>"),
        "{page:?}"
    );
    assert_eq!(page.text().matches(">primary<").count(), 3, "{page:?}");
    for node in cluster.primaries() {
        assert!(page.text().contains(&format!("port {}", node.port())), "{page:?}");
    }
    let first = lead.get("/admin/apps/webapp/sessions").assert_status(200);
    let second = lead.get("/admin/apps/webapp/sessions?offset=50").assert_status(200);
    for n in 0..60 {
        let cell = format!(">user{n:02}<");
        let times = [&first, &second].map(|page| page.text().matches(&cell).count());
        assert_eq!(
            times[0] + times[1],
            if n == 7 { 2 } else { 1 },
            "{cell} in {first:?} {second:?}"
        );
    }
    let page = lead.get("/admin/apps/webapp/events").assert_status(200);
    assert!(page.text().contains("A cluster does not record events."), "{page:?}");

    let page = lead.get("/admin/apps/webapp/user?id=user07").assert_status(200);
    assert!(page.text().contains("1 to 2 of 2"), "{page:?}");
    let sid = page
        .text()
        .split("sid=")
        .nth(1)
        .and_then(|rest| rest.get(..16))
        .unwrap()
        .to_owned();
    let session = lead
        .get(&format!("/admin/apps/webapp/user?id=user07&sid={sid}"))
        .assert_status(200);
    let others = format!("/admin/apps/webapp/end-others?id=user07&sid={sid}");
    let done = lead.press(&session, &others, &[]).assert_status(303);
    let page = lead.get(done.header("location").unwrap());
    assert!(page.text().contains("1 session of this user was ended."), "{page:?}");
    let page = lead.get("/admin/apps/webapp/user?id=user08");
    lead.press(&page, "/admin/apps/webapp/end-user?id=user08", &[])
        .assert_status(303);

    let page = lead.get("/admin/apps/webapp");
    let done = lead
        .press(&page, "/admin/apps/webapp/end-app", &[("confirm", "webapp")])
        .assert_status(303);
    let page = lead.get(done.header("location").unwrap());
    assert!(page.text().contains("59 sessions of this app were ended."), "{page:?}");
    assert!(page.text().contains("<dt>Sessions</dt><dd>0</dd>"), "{page:?}");
}
