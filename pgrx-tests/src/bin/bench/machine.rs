//! The machine, and whether it is idle enough to judge.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The largest part of all processors that other processes may use.
const IDLE: f64 = 0.1;

/// The model and number of processors, and the kernel.
pub fn description() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']));
    let processors = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    format!(
        "{} x {}, Linux {}",
        processors,
        model.unwrap_or("unknown processor"),
        read("/proc/sys/kernel/osrelease").trim()
    )
}

/// The part of all processors that is in use while this program does nothing: what runs beside the benchmark.
pub fn in_use() -> f64 {
    let times = || -> Option<(f64, f64)> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let fields: Vec<f64> =
            stat.lines().next()?.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; time of guests is in user and nice.
        Some((fields.iter().take(8).sum(), fields.get(3)? + fields.get(4)?))
    };
    let Some((all, idle)) = times() else { return 0.0 };
    std::thread::sleep(Duration::from_secs(2));
    let Some((all_now, idle_now)) = times() else { return 0.0 };
    1.0 - (idle_now - idle) / (all_now - all)
}

/// Whether times can be judged now; says so if not.
pub fn is_idle() -> bool {
    let used = in_use();
    if used > IDLE {
        println!("not judged: other processes take {:.0} % of the machine", used * 100.0);
    }
    used <= IDLE
}

/// Occupies each processor with a thread, as long as the result lives.
pub fn occupy() -> Busy {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{processors} processors are kept busy");
    let stop = Arc::new(AtomicBool::new(false));
    for _ in 0..processors {
        let stop = stop.clone();
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
    }
    Busy(stop)
}

pub struct Busy(Arc<AtomicBool>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
