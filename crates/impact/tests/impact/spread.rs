//! How one failure spreads, edge by edge.

use expect_test::expect;
use impact::Mode;
use system::ComponentId;

use crate::world::{check, system, with};

/// An API with a database, a cache that may go, and deferred work.
const SHOP: &str = "
components:
  web: {kind: client}
  api: {kind: service}
  db: {kind: postgres}
  cache: {kind: redis}
  jobs: {kind: queue}
edges:
  web->api: {}
  api->db: {}
  api->cache: {needs: soft, fallback: memory, loses: [global_limit, speed]}
  api->jobs: {needs: async}
flows:
  buy: {path: [web, api, db], async: [jobs], weight: 60%}
  look: {path: [web, api], load: GET /x}
";

#[test]
fn hard_fails_soft_degrades_and_async_is_late() {
    check(
        SHOP,
        &[],
        expect![[r#"
            api down: P0, 100 % of use
              api down → web down → buy down
              api down → web down → look down
            api slow: P0, 100 % of use
              api hangs → web hangs → buy hangs
              api hangs → web hangs → look hangs
            cache down: P1, 100 % of use
              cache down → api degraded → web degraded → buy degraded, loses global_limit and speed
              cache down → api degraded → web degraded → look degraded, loses global_limit and speed
              at api->cache [fallback] falls-back, not counted
            cache slow: P0, 100 % of use
              cache hangs → api hangs → web hangs → buy hangs
              cache hangs → api hangs → web hangs → look hangs
              at api->cache [fallback] passes, not counted
            db down: P0, 100 % of use
              db down → api down → web down → buy down
              db down → api down → web down → look down
            db slow: P0, 100 % of use
              db hangs → api hangs → web hangs → buy hangs
              db hangs → api hangs → web hangs → look hangs
            jobs down: P2, 100 % of use
              jobs down → api late → web late → buy late
              jobs down → api late → web late → look late
            jobs slow: P2, 100 % of use
              jobs hangs → api late → web late → buy late
              jobs hangs → api late → web late → look late
        "#]],
    );
}

#[test]
fn a_counted_fallback_changes_nothing_about_down_when_soft_anyway_and_ends_nothing_about_slow_without_a_timeout() {
    let before = with(SHOP, &[]);
    let after = with(SHOP, &["api->cache"]);
    assert_eq!(before.rows.len(), after.rows.len());
    for (before, after) in before.rows.iter().zip(&after.rows) {
        assert_eq!(before.hits, after.hits);
    }
}

#[test]
fn a_bounded_wait_keeps_a_slow_dependency_from_other_flows() {
    let text = "
components: {web: {kind: client}, api: {kind: service}, mail: {kind: external}, db: {kind: sqlite}}
edges:
  web->api: {}
  api->db: {}
  api->mail: {guard: {timeout: 300ms, breaker: {trips: 5 in a row, open: 1s}}}
flows:
  register: {path: [web, api, db, mail]}
  track: {path: [web, api, db]}
";
    // Without evidence for the guard everything hangs; with it only what needs mail fails, and quickly.
    check(
        text,
        &[],
        expect![[r#"
        api down: P0, 100 % of use
          api down → web down → register down
          api down → web down → track down
        api slow: P0, 100 % of use
          api hangs → web hangs → register hangs
          api hangs → web hangs → track hangs
        db down: P0, 100 % of use
          db down → api down → web down → register down
          db down → api down → web down → track down
        db slow: P0, 100 % of use
          db hangs → api hangs → web hangs → register hangs
          db hangs → api hangs → web hangs → track hangs
        mail down: P0, 50 % of use
          mail down → api down → web down → register down
          at api->mail [breaker timeout] passes, not counted
        mail slow: P0, 100 % of use
          mail hangs → api hangs → web hangs → register hangs
          mail hangs → api hangs → web hangs → track hangs
          at api->mail [breaker timeout] fails-fast, not counted
    "#]],
    );
    check(
        text,
        &["api->mail"],
        expect![[r#"
        api down: P0, 100 % of use
          api down → web down → register down
          api down → web down → track down
        api slow: P0, 100 % of use
          api hangs → web hangs → register hangs
          api hangs → web hangs → track hangs
        db down: P0, 100 % of use
          db down → api down → web down → register down
          db down → api down → web down → track down
        db slow: P0, 100 % of use
          db hangs → api hangs → web hangs → register hangs
          db hangs → api hangs → web hangs → track hangs
        mail down: P0, 50 % of use
          mail down → api down → web down → register down
          at api->mail [breaker timeout] passes, counted
        mail slow: P0, 50 % of use
          mail hangs → api down → web down → register down
          at api->mail [breaker timeout] fails-fast, counted
    "#]],
    );
}

#[test]
fn a_flow_whose_path_goes_on_elsewhere_does_not_feel_the_hops_of_another() {
    let text = "
components: {web: {kind: client}, api: {kind: service}, db: {kind: postgres}, mail: {kind: external}, limiter: {kind: function}}
edges: {web->api: {}, api->db: {}, api->mail: {}, api->limiter: {needs: soft, loses: limit}}
flows:
  register: {path: [web, api, db, mail]}
  track: {path: [web, api, db]}
  short: {path: [web, api]}
";
    check(
        text,
        &[],
        expect![[r#"
            api down: P0, 100 % of use
              api down → web down → register down
              api down → web down → short down
              api down → web down → track down
            api slow: P0, 100 % of use
              api hangs → web hangs → register hangs
              api hangs → web hangs → short hangs
              api hangs → web hangs → track hangs
            db down: P0, 100 % of use
              db down → api down → web down → register down
              db down → api down → web down → short down
              db down → api down → web down → track down
            db slow: P0, 100 % of use
              db hangs → api hangs → web hangs → register hangs
              db hangs → api hangs → web hangs → short hangs
              db hangs → api hangs → web hangs → track hangs
            limiter down: P1, 100 % of use
              limiter down → api degraded → web degraded → register degraded, loses limit
              limiter down → api degraded → web degraded → short degraded, loses limit
              limiter down → api degraded → web degraded → track degraded, loses limit
            mail down: P0, 67 % of use
              mail down → api down → web down → register down
              mail down → api down → web down → short down
            mail slow: P0, 100 % of use
              mail hangs → api hangs → web hangs → register hangs
              mail hangs → api hangs → web hangs → short hangs
              mail hangs → api hangs → web hangs → track hangs
        "#]],
    );
}

#[test]
fn a_breaker_without_a_timeout_does_not_stop_what_hangs() {
    let text = "
components: {web: {kind: client}, api: {kind: service}, mail: {kind: external}}
edges:
  web->api: {}
  api->mail: {guard: {breaker: {trips: 5 in a row, open: 1s}}}
flows: {register: {path: [web, api, mail]}}
";
    let impact = with(text, &["api->mail"]);
    let mail = ComponentId::try_new("mail").expect("is a name");
    let row = impact.row(&mail, &Mode::Slow).expect("is there");
    assert_eq!(row.hits[0].outcome.word(), "hangs");
    assert!(!row.guardrails[0].effect.stops());
}

#[test]
fn a_cache_serves_reads_and_not_writes() {
    let text = "
components: {web: {kind: client}, api: {kind: service}}
edges:
  web->api: {guard: {timeout: 1s, cache: {stale_if_error: 1m}}}
flows:
  read: {path: [web, api], load: GET /x}
  write: {path: [web, api], load: POST /x}
  unknown: {path: [web, api]}
";
    check(
        text,
        &[],
        expect![[r#"
        api down: P0, 100 % of use
          api down → web down → read down
          api down → web down → unknown down
          api down → web down → write down
          at web->api [timeout cache] serves-stale, not counted
        api slow: P0, 100 % of use
          api hangs → web hangs → read hangs
          api hangs → web hangs → unknown hangs
          api hangs → web hangs → write hangs
          at web->api [timeout cache] serves-stale, not counted
    "#]],
    );
    check(
        text,
        &["web->api"],
        expect![[r#"
        api down: P0, 100 % of use
          api down → web stale → read stale
          api down → web down → unknown down
          api down → web down → write down
          at web->api [timeout cache] serves-stale, counted
        api slow: P0, 100 % of use
          api hangs → web stale → read stale
          api hangs → web down → unknown down
          api hangs → web down → write down
          at web->api [timeout cache] serves-stale, counted
    "#]],
    );
}

#[test]
fn a_fallback_counts_by_evidence_only() {
    let text = "
components: {web: {kind: client}, api: {kind: service}, score: {kind: external}}
edges:
  web->api: {}
  api->score: {needs: hard, timeout: 1s, fallback: last score, loses: [freshness]}
flows: {rate: {path: [web, api, score]}}
";
    check(
        text,
        &[],
        expect![[r#"
        api down: P0, 100 % of use
          api down → web down → rate down
        api slow: P0, 100 % of use
          api hangs → web hangs → rate hangs
        score down: P0, 100 % of use
          score down → api down → web down → rate down
          at api->score [timeout fallback] falls-back, not counted
        score slow: P0, 100 % of use
          score hangs → api hangs → web hangs → rate hangs
          at api->score [timeout fallback] falls-back, not counted
    "#]],
    );
    check(
        text,
        &["api->score"],
        expect![[r#"
            api down: P0, 100 % of use
              api down → web down → rate down
            api slow: P0, 100 % of use
              api hangs → web hangs → rate hangs
            score down: P1, 100 % of use
              score down → api degraded → web degraded → rate degraded, loses freshness
              at api->score [timeout fallback] falls-back, counted
            score slow: P1, 100 % of use
              score hangs → api degraded → web degraded → rate degraded, loses freshness
              at api->score [timeout fallback] falls-back, counted
        "#]],
    );
}

#[test]
fn a_cycle_ends_and_invents_no_failure() {
    let text = "
components: {web: {kind: client}, a: {kind: service}, b: {kind: service}, c: {kind: service}, alone: {kind: service}}
edges: {web->a: {}, a->b: {}, b->c: {}, c->a: {}, c->b: {needs: soft}}
flows: {go: {path: [web, a]}}
";
    check(
        text,
        &[],
        expect![[r#"
        a down: P0, 100 % of use
          a down → web down → go down
        a slow: P0, 100 % of use
          a hangs → web hangs → go hangs
        alone down: -, 0 % of use
        b down: P0, 100 % of use
          b down → a down → web down → go down
        b slow: P0, 100 % of use
          b hangs → a hangs → web hangs → go hangs
        c down: P0, 100 % of use
          c down → b down → a down → web down → go down
        c slow: P0, 100 % of use
          c hangs → b hangs → a hangs → web hangs → go hangs
    "#]],
    );
}

#[test]
fn a_hop_nobody_declared_counts_as_hard() {
    let text = "
components: {web: {kind: client}, api: {kind: service}, db: {kind: postgres}, late: {kind: worker}}
edges: {web->api: {}}
flows: {buy: {path: [web, api, db], async: [late]}, look: {path: [web, api]}}
";
    check(
        text,
        &[],
        expect![[r#"
        api down: P0, 100 % of use
          api down → web down → buy down
          api down → web down → look down
        api slow: P0, 100 % of use
          api hangs → web hangs → buy hangs
          api hangs → web hangs → look hangs
        db down: P0, 50 % of use
          db down → api down → web down → buy down
        db slow: P0, 50 % of use
          db hangs → api hangs → web hangs → buy hangs
        late down: P2, 50 % of use
          late down → db late → api late → web late → buy late
    "#]],
    );
}

#[test]
fn deferred_work_is_late_even_over_a_hard_edge() {
    let text = "
components: {web: {kind: client}, api: {kind: service}, batch: {kind: worker}, deep: {kind: worker}}
edges: {web->api: {}, api->batch: {}, batch->deep: {}}
flows: {track: {path: [web, api], async: [batch, deep]}}
";
    check(
        text,
        &[],
        expect![[r#"
            api down: P0, 100 % of use
              api down → web down → track down
            api slow: P0, 100 % of use
              api hangs → web hangs → track hangs
            batch down: P2, 100 % of use
              batch down → api late → web late → track late
            deep down: P2, 100 % of use
              deep down → batch down → api late → web late → track late
        "#]],
    );
}

#[test]
fn what_hangs_holds_a_client_for_its_own_flow_only() {
    let text = "
components: {web: {kind: client}, a: {kind: service}, b: {kind: service}}
edges: {web->a: {}, web->b: {}}
flows: {one: {path: [web, a]}, two: {path: [web, b]}}
";
    check(
        text,
        &[],
        expect![[r#"
        a down: P0, 50 % of use
          a down → web down → one down
        a slow: P0, 50 % of use
          a hangs → web hangs → one hangs
        b down: P0, 50 % of use
          b down → web down → two down
        b slow: P0, 50 % of use
          b hangs → web hangs → two hangs
    "#]],
    );
}

#[test]
fn more_than_one_batch_of_flows_is_computed() {
    let mut text =
        String::from("components: {web: {kind: client}, api: {kind: service}}\nedges: {web->api: {}}\nflows:\n");
    for flow in 0..150 {
        text += &format!("  f{flow:03}: {{path: [web, api]}}\n");
    }
    let impact = with(&text, &[]);
    assert_eq!(impact.rows[0].hits.len(), 150);
    assert!(impact.rows[0].hits.is_sorted_by_key(|hit| hit.flow.clone()));
    assert_eq!(impact.rows[0].share, 1.0);
    assert_eq!(impact.flows.iter().filter(|flow| flow.spofs.len() == 1).count(), 150);
}

#[test]
fn a_system_without_flows_has_rows_and_no_hits() {
    let impact = impact::impact(&system("components: {api: {kind: service}}"), &impact::Counted::nothing());
    assert_eq!((impact.rows.len(), impact.rows[0].hits.len(), impact.rows[0].priority.word()), (1, 0, "-"));
}

#[test]
fn weights_scale_down_and_leave_the_rest_to_the_silent() {
    let parts = "components: {web: {kind: client}, api: {kind: service}}\nedges: {web->api: {}}\n";
    let shares = |flows: &str| {
        with(&format!("{parts}flows: {{{flows}}}"), &[]).flows.iter().map(|flow| flow.share).collect::<Vec<_>>()
    };
    assert_eq!(
        shares("a: {path: [web, api], weight: 20%}, b: {path: [web, api]}, c: {path: [web, api]}"),
        [0.2, 0.4, 0.4]
    );
    assert_eq!(shares("a: {path: [web, api], weight: 100%}, b: {path: [web, api], weight: 100%}"), [0.5, 0.5]);
    assert_eq!(shares("a: {path: [web, api], weight: 5%}"), [0.05]);
}

const TWO_BANKS: &str = "
components: {web: {kind: client}, api: {kind: service}, visa: {kind: external}, amex: {kind: external}, net: {kind: tcp}}
edges:
  web->api: {}
  api->visa: {timeout: 1s, instead: [amex]}
  visa->net: {}
  amex->net: {}
flows: {buy: {path: [web, api, visa, net]}}
shared_fate: {bank: [visa, amex]}
";

fn outcome(text: &str, counted: &[&str], component: &str, mode: &impact::Mode) -> &'static str {
    let impact = with(text, counted);
    let rows = impact.rows.iter().filter(|row| row.component.as_str() == component && row.mode == *mode);
    let hit = rows.flat_map(|row| &row.hits).next();
    hit.map_or("unaffected", |hit| hit.outcome.word())
}

#[test]
fn what_stands_in_serves_until_it_fails_as_well() {
    let felt = |component: &str, mode| outcome(TWO_BANKS, &["api->visa"], component, mode);
    assert_eq!(outcome(TWO_BANKS, &[], "visa", &Mode::Down), "down", "nobody proved it");
    assert_eq!(felt("visa", &Mode::Down), "unaffected");
    assert_eq!(felt("visa", &Mode::Slow), "unaffected");
    assert_eq!(felt("amex", &Mode::Down), "unaffected");
    // One line carries both.
    assert_eq!(felt("net", &Mode::Down), "down");
    let spofs = |text: &str| with(text, &["api->visa"]).flows[0].spofs.len();
    assert_eq!(spofs(TWO_BANKS), 3, "api, net, and the bank that both are");
    assert_eq!(spofs(&TWO_BANKS.replace("amex->net: {}", "").replace("[visa, amex]", "[visa, net]")), 1, "api");
}

#[test]
fn what_stands_in_may_lose_something_and_may_hang() {
    let felt = |text: &str, component: &str, mode| outcome(text, &["api->visa"], component, mode);
    assert_eq!(
        felt(&TWO_BANKS.replace("instead: [amex]", "instead: [amex], loses: [points]"), "visa", &Mode::Down),
        "degraded"
    );
    // Nothing bounds the wait, so what hangs is never replaced.
    let unbounded = TWO_BANKS.replace("timeout: 1s, ", "");
    assert_eq!((felt(&unbounded, "visa", &Mode::Slow), felt(&unbounded, "visa", &Mode::Down)), ("hangs", "unaffected"));
    // The callee is quick to fail, and what stands in waits.
    let quick = unbounded.replace("visa->net: {}", "visa->net: {timeout: 1s}");
    assert_eq!(outcome(&quick, &["api->visa", "visa->net"], "net", &Mode::Slow), "hangs");
}

/// Two ways in which a and b only have each other once x is gone.
const HELD_UP: [&str; 2] =
    ["{web->a: {}, a->x: {instead: [b]}, b->a: {}}", "{web->a: {}, a->x: {instead: [b]}, b->x: {instead: [a]}}"];

#[test]
fn two_that_only_have_each_other_do_not_hold_each_other_up() {
    for edges in HELD_UP {
        let text = format!(
            "components: {{web: {{kind: client}}, a: {{kind: service}}, b: {{kind: service}}, x: {{kind: service}}}}\nedges: {edges}\nflows: {{f: {{path: [web, a]}}}}"
        );
        let counted: Vec<&str> =
            ["a->x", "b->x"].into_iter().filter(|edge| edges.contains(&format!("{edge}: {{instead"))).collect();
        assert_eq!(outcome(&text, &counted, "x", &Mode::Down), "down", "{edges}");
        assert_eq!(outcome(&text, &counted, "b", &Mode::Down), "unaffected", "{edges}");
        // Alone b can help.
        let own = text.replace(edges, "{web->a: {}, a->x: {instead: [b]}}");
        assert_eq!(outcome(&own, &["a->x"], "x", &Mode::Down), "unaffected");
    }
}

const THREE: &str = "
components: {web: {kind: client}, a: {kind: service}, b: {kind: service}, c: {kind: service}, x: {kind: service}, y: {kind: service}}
edges: {web->a: {instead: [b, c]}, a->x: {timeout: 1s}, b->x: {needs: soft}}
flows: {f: {path: [web, a, x]}}
";

#[test]
fn the_first_that_works_serves_and_one_that_hangs_ends_the_asking() {
    let felt = |text: &str, mode: &Mode| outcome(text, &["web->a", "a->x"], "x", mode);
    assert_eq!(felt(THREE, &Mode::Down), "degraded", "b works, with less");
    assert_eq!(felt(&THREE.replace("[b, c]", "[c, b]"), &Mode::Down), "unaffected");
    let waiting = THREE.replace("b->x: {needs: soft}", "b->x: {}");
    assert_eq!(felt(&waiting, &Mode::Slow), "hangs", "b hangs before c is asked");
    assert_eq!(felt(&waiting.replace("instead: [b", "timeout: 9s, instead: [b"), &Mode::Slow), "unaffected");
    // What is down is passed by, and what hangs behind it ends the asking.
    let dead = waiting.replace("[b, c]", "[c, b]").replace("b->x: {}", "b->x: {}, c->x: {timeout: 1s}");
    assert_eq!(outcome(&dead, &["web->a", "a->x", "c->x"], "x", &Mode::Slow), "hangs");
}

#[test]
fn what_is_replaced_is_not_late_and_what_never_runs_replaces_nothing() {
    let logs = THREE.replace("b->x: {needs: soft}", "a->x/log: {needs: async}");
    assert_eq!(outcome(&logs, &["web->a"], "x", &Mode::Down), "unaffected");
    let queue = "components: {web: {kind: client}, q: {kind: queue}, r: {kind: queue}}\nedges: {web->q: {needs: async, instead: [r]}}\nflows: {f: {path: [web, q]}}";
    assert_eq!(
        (outcome(queue, &[], "q", &Mode::Down), outcome(queue, &["web->q"], "q", &Mode::Down)),
        ("late", "unaffected")
    );
    let cold = THREE.replace("b: {kind: service}", "b: {kind: service, replicas: 0}").replace("[b, c]", "[b]");
    assert_eq!(outcome(&cold, &["web->a"], "a", &Mode::Down), "down");
}

#[test]
fn what_does_not_answer_keeps_from_starting_as_what_is_gone_does() {
    let text = "components: {web: {kind: client}, api: {kind: service}, cfg: {kind: service}, db: {kind: postgres}}\nedges: {web->api: {}, api->cfg: {needs: start}, cfg->db: {timeout: 1s}}\nflows: {f: {path: [web, api, cfg, db]}}";
    assert_eq!(
        (outcome(text, &[], "db", &Mode::Slow), outcome(text, &["cfg->db"], "db", &Mode::Slow)),
        ("down", "down")
    );
}
