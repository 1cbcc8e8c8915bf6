//! One task and one page in tables of ten thousand to ten million tasks: how long a call takes, and how many calls a second all
//! processors do. Prints the rows of a table for docs/performance.md, from which [`plot`] draws docs/growth.svg.

use crate::pairs::{run_pair, variables};
use crate::{Bench, median, run};
use plotters::prelude::*;
use std::fs;
use std::path::Path;
use std::process::Command;

const SIZES: [u32; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
const DATABASE: &str = "growth";
/// What is measured: its name, the script with the raw statement, the one with the function.
const WORK: [(&str, [&str; 2]); 3] = [
    ("toggle", ["toggle_raw", "toggle_function"]),
    ("20 pending tasks", ["pending_raw", "pending_function"]),
    // The last one, because the table grows.
    ("create", ["create_raw", "create_function"]),
];
const COLORS: [RGBColor; 3] = [RGBColor(0, 90, 181), RGBColor(0, 130, 90), RGBColor(190, 70, 10)];
const RUNS: u32 = 5;

/// Figures of a raw statement or of a function: microseconds per call, and calls per second.
#[derive(Clone, Copy)]
struct Times {
    latency: [f64; 2],
    throughput: [f64; 2],
}

/// Measures. This takes half an hour.
pub fn measure(bench: &Bench) {
    bench.psql("postgres", &format!("CREATE DATABASE {DATABASE}"));
    // New tasks get ids above those of the table.
    bench.psql(DATABASE, "CREATE EXTENSION todo; SELECT setval('tasks_id_seq', 1000000000)");
    let mut size = 0;
    for next in SIZES {
        bench.psql(DATABASE, &enlarge(size, next));
        size = next;
        for (name, scripts) in WORK {
            print_row(size, name, &times(bench, size, scripts));
        }
        bench.psql(DATABASE, "DELETE FROM tasks WHERE id > 1000000000");
    }
    bench.psql("postgres", &format!("DROP DATABASE {DATABASE} WITH (FORCE)"));
}

/// Draws docs/growth.svg from the table in docs/performance.md.
pub fn plot() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = fs::read_to_string(docs.join("performance.md")).expect("docs/performance.md");
    let tables: Vec<Vec<Times>> =
        SIZES.iter().map(|&size| WORK.iter().map(|(name, _)| read_row(&page, size, name)).collect()).collect();
    let file = docs.join("growth.svg");
    draw(&file, &tables).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}

/// Users with 100 tasks each, half of them completed.
fn enlarge(from: u32, to: u32) -> String {
    format!(
        "SET statement_timeout = 0;
         INSERT INTO users (id, email, name)
             SELECT i::text, 'user' || i || '@example.com', 'User ' || i FROM generate_series({from} / 100 + 1, {to} / 100) AS i;
         INSERT INTO tasks (id, user_id, title, description, completed, created_at)
             SELECT i, (i % ({to} / 100) + 1)::text, 'Task ' || i, repeat('word ', i % 40), i / ({to} / 100) % 2 = 0,
                 timestamp '2026-01-01' + i * interval '1 second'
             FROM generate_series({from} + 1, {to}) AS i;
         -- Those that were there had fewer users.
         UPDATE tasks SET user_id = (id % ({to} / 100) + 1)::text WHERE id <= {from};
         VACUUM (FREEZE, ANALYZE) users, tasks;
         CHECKPOINT"
    )
}

fn times(bench: &Bench, size: u32, scripts: [&str; 2]) -> Times {
    // The calls create at most a tenth of the table.
    let calls = if scripts[0].starts_with("create") { (size / 20).min(30_000) } else { 30_000 };
    let length = ["-t", &calls.to_string()];
    // Read the data first that the calls need.
    for script in scripts {
        calls_per_second(bench, size, script, &["-t", "1000"]);
    }
    let mut runs: [Vec<f64>; 2] = Default::default();
    for seed in 0..RUNS {
        let (raw, function) = run_pair(bench, DATABASE, size, scripts, &length, seed);
        runs[0].push(raw);
        runs[1].push(function);
    }
    let mut throughput: [Vec<f64>; 2] = Default::default();
    for _ in 0..RUNS {
        for (script, throughput) in scripts.iter().zip(&mut throughput) {
            throughput.push(calls_per_second(bench, size, script, &length));
        }
    }
    Times { latency: runs.map(median), throughput: throughput.map(median) }
}

/// With a connection for each processor.
fn calls_per_second(bench: &Bench, size: u32, script: &str, length: &[&str]) -> f64 {
    let clients = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let output = run(Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-c", &clients, "-j", &clients])
        .args(length)
        .args(variables(size))
        .arg("-f")
        .arg(bench.scripts.join(script).with_extension("sql"))
        .arg(DATABASE));
    let line = output.lines().find_map(|line| line.strip_prefix("tps = ")).expect("calls per second");
    line.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

fn print_row(size: u32, name: &str, Times { latency, throughput }: &Times) {
    println!(
        "{} {:.0} | {:.0} | {:.2} | {:.0} | {:.0} |",
        row_start(size, name),
        latency[0],
        latency[1],
        latency[0] / latency[1],
        throughput[0],
        throughput[1],
    );
}

fn read_row(page: &str, size: u32, name: &str) -> Times {
    let start = row_start(size, name);
    let row = page.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("no row {start}"));
    let figures: Vec<f64> = row.split('|').filter_map(|figure| figure.trim().parse().ok()).collect();
    Times { latency: [figures[0], figures[1]], throughput: [figures[3], figures[4]] }
}

fn row_start(size: u32, name: &str) -> String {
    format!("| {name} | {} |", grouped(&size))
}

/// A number with commas between its thousands.
fn grouped(number: &u32) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}

/// Two plots side by side: time for a call, and calls a second. Functions are lines, raw statements dots.
fn draw<'a>(file: &'a Path, tables: &[Vec<Times>]) -> Result<(), Box<dyn std::error::Error + 'a>> {
    let root = SVGBackend::new(file, (900, 380)).into_drawing_area();
    root.fill(&WHITE)?;
    let (left, right) = root.split_horizontally(450);
    panel(&left, "Time of a call (µs)", tables, |times| times.latency)?;
    panel(&right, "Calls a second", tables, |times| times.throughput)?;
    root.present()?;
    Ok(())
}

fn panel<'a>(
    area: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
    title: &str,
    tables: &[Vec<Times>],
    figures: impl Fn(Times) -> [f64; 2],
) -> Result<(), Box<dyn std::error::Error + 'a>> {
    let most: f64 = tables.iter().flatten().flat_map(|times| figures(*times)).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .margin_right(28)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d((8_000_u32..12_500_000).log_scale(), 0.0..most * 1.4)?;
    chart
        .configure_mesh()
        .x_desc("tasks in the table")
        .y_labels(6)
        .x_labels(4)
        .x_label_formatter(&grouped)
        .y_label_formatter(&|figure| grouped(&(*figure as u32)))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (work, ((name, _), color)) in WORK.iter().zip(COLORS).enumerate() {
        let points = |kind: usize| {
            let figures = &figures;
            SIZES.into_iter().zip(tables).map(move |(size, times)| (size, figures(times[work])[kind]))
        };
        chart
            .draw_series(LineSeries::new(points(1), color.stroke_width(2)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        chart.draw_series(points(0).map(|point| Circle::new(point, 4, color.filled())))?;
    }
    chart
        .draw_series(std::iter::empty::<Circle<(u32, f64), i32>>())?
        .label("dots: the raw statements")
        .legend(|(x, y)| Circle::new((x + 9, y), 4, BLACK.filled()));
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).label_font(("sans-serif", 13)).draw()?;
    Ok(())
}
