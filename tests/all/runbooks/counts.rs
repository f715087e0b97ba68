//! Every construct of the owner's five files, counted: the files are read unchanged.

use super::{OWNER, nodes, owner};

#[test]
fn dump() {
    for name in OWNER {
        let runbook = owner(name);
        println!("== {name} {} {:?} {:?}", runbook.title, runbook.meta, runbook.defaults);
        println!("contacts {:?}\nurls {:?}\nwarn {:?}", runbook.contacts, runbook.urls, runbook.warnings);
        for p in &runbook.procedures {
            println!(
                "-- {:?} {} [{}] {:?} sev {:?} resp {:?} trig {:?} when {:?} label {:?}",
                p.kind,
                p.title,
                p.id,
                p.source_lines,
                p.severity,
                p.response_time,
                p.trigger,
                p.when,
                p.label
            );
            println!(
                "   sym {} pre {} steps {} causes {} scen {} layers {} ver {} esc {:?} post {} notes {:?} tree {:?}",
                p.symptoms.len(),
                p.prerequisites.items.len(),
                p.steps.len(),
                p.causes.len(),
                p.scenarios.len(),
                p.layers.len(),
                p.verification.items.len(),
                p.escalation,
                p.post_incident.len(),
                p.notes.iter().map(|n| &n.text).collect::<Vec<_>>(),
                p.tree.as_ref().map(|t| &t.leaves)
            );
            for s in p.steps.iter().chain(&p.post_incident) {
                println!(
                    "     step {:?} {} {:?} {:?} broken {} blocks {:?} prose {:?}",
                    s.ordinal,
                    s.title,
                    s.role,
                    s.lines,
                    s.broken,
                    s.blocks.iter().map(|b| (&b.id, b.lines, &b.reasons)).collect::<Vec<_>>(),
                    s.prose
                );
            }
            for s in &p.scenarios {
                println!(
                    "     scen {} {} {:?} blocks {:?} prose {:?}",
                    s.label,
                    s.title,
                    s.lines,
                    s.blocks.iter().map(|b| (&b.id, b.lines, &b.reasons)).collect::<Vec<_>>(),
                    s.prose
                );
            }
            for c in &p.causes {
                println!("     cause {c:?}");
            }
            for c in &p.layers {
                println!("     layer {} {} {}", c.ordinal, c.title, c.items.len());
            }
        }
        println!("{}", nodes(&runbook).len());
    }
}
