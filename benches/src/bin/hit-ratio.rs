//! Hit ratios over access traces: a table beside peers, LRU and the optimum, and curves.
//!
//! ```sh
//! cargo run --release -p benches --bin hit-ratio -- --help
//! ```

#[path = "../hit_ratio/mod.rs"]
mod hit_ratio;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use hit_ratio::formats::{self, Format};
use hit_ratio::traces::Trace;
use hit_ratio::{Cell, Size, measure, plot, table};
use lexopt::ValueExt;

const USAGE: &str = "\
usage: hit-ratio [TRACE...] [options]

Replays access traces (get, on a miss insert) through this library, its peers, exact LRU and Belady's optimum, and prints
hit ratios as Markdown. Without TRACE: all traces in ../shared/traces, or made-up ones if there are none.

  --format FORMAT   of all TRACEs: text (a key per line), lirs (a block number per line), arc (`first count ...` per line),
                    u32, u64 (little-endian); else by the name: .trc, .lis, .u32, .u64, any other is text.
                    A name that ends in .zst is decompressed first.
  --capacity N      in entries; can be repeated. Else 1, 5, 10 and 20 % of each trace's keys, at least 16
  --runs N          of all whose hashes vary; the table has their median, and of ours the lowest and the highest (3)
  --threads N       replays at a time (2)
  --out FILE        writes the table there, with date and machine
  --plot            also draws a curve over 0.5 to 40 % of the keys for each trace
  --plot-dir DIR    where to (target/hit-ratio)
";

/// What is compared if no capacity is given: percent of the keys.
const PERCENT: [f64; 4] = [1.0, 5.0, 10.0, 20.0];

type Failure = Box<dyn std::error::Error>;

struct Options {
    traces: Vec<PathBuf>,
    format: Option<Format>,
    capacities: Vec<usize>,
    runs: usize,
    threads: usize,
    out: Option<PathBuf>,
    /// Where to draw, if at all.
    plot: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = match parse(lexopt::Parser::from_env()) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Nothing when asked for help.
fn parse(mut parser: lexopt::Parser) -> Result<Option<Options>, lexopt::Error> {
    use lexopt::Arg::{Long, Short, Value};
    let mut options = Options {
        traces: Vec::new(),
        format: None,
        capacities: Vec::new(),
        runs: 3,
        threads: 2,
        out: None,
        plot: None,
    };
    let (mut plots, mut folder) = (false, PathBuf::from("target/hit-ratio"));
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("format") => options.format = Some(parser.value()?.parse()?),
            Long("capacity") => options.capacities.push(positive(&mut parser, "--capacity")?),
            Long("runs") => options.runs = positive(&mut parser, "--runs")?,
            Long("threads") => options.threads = positive(&mut parser, "--threads")?,
            Long("out") => options.out = Some(parser.value()?.into()),
            Long("plot") => plots = true,
            Long("plot-dir") => (plots, folder) = (true, parser.value()?.into()),
            Value(trace) => options.traces.push(trace.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    options.plot = plots.then_some(folder);
    Ok(Some(options))
}

fn positive(parser: &mut lexopt::Parser, option: &str) -> Result<usize, lexopt::Error> {
    let value = parser.value()?;
    match value.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(format!("{option} takes a whole number from 1 on, not {value:?}").into()),
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    // What cannot be written is better known before minutes of work.
    if let Some(folder) = options.out.as_deref().and_then(Path::parent)
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        return Err(format!("{}: no such folder, so --out cannot be written", folder.display()).into());
    }
    let begun = Instant::now();
    let traces = load(options)?;
    let rows = rows(options, &traces);
    let mut sizes: Vec<Size> = rows.clone();
    if options.plot.is_some() {
        sizes.extend(points(&traces).into_iter().filter(|size| !is_among(&rows, size)));
    }
    let cells = measure(&traces, &sizes, options.threads);
    let of_table: Vec<&Cell> = cells.iter().take(rows.len()).collect();
    let text = report(options, &table::markdown(&traces, &of_table), begun);
    print!("{text}");
    if let Some(path) = &options.out {
        std::fs::write(path, &text).map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
    }
    if let Some(folder) = &options.plot {
        for (number, trace) in traces.iter().enumerate() {
            let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.size.trace == number).collect();
            eprintln!("{}", plot::draw(trace, &cells, folder)?.display());
        }
    }
    Ok(())
}

fn load(options: &Options) -> Result<Vec<Trace>, Failure> {
    let mut paths = options.traces.clone();
    if paths.is_empty() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("..")).join("shared/traces");
        let name = folder.display();
        let Ok(folder) = std::fs::read_dir(&folder) else {
            eprintln!("There is no folder {name}, and no trace was named: here are made-up ones.");
            return Ok(Trace::made_up());
        };
        let files = folder.filter_map(|file| file.ok().map(|file| file.path()));
        paths.extend(files.filter(|path| formats::is_binary(path)));
        paths.sort();
        if paths.is_empty() {
            return Err(format!("{name}: has no files ending in .u32, .u64, .u32.zst or .u64.zst").into());
        }
    }
    Ok(paths.iter().map(|path| formats::read(path, options.format)).collect::<Result<_, _>>()?)
}

/// The sizes of the table.
fn rows(options: &Options, traces: &[Trace]) -> Vec<Size> {
    let size = |trace, capacity| Size { trace, capacity, runs: options.runs };
    let mut rows = Vec::new();
    for (number, trace) in traces.iter().enumerate() {
        let mut capacities = options.capacities.clone();
        if capacities.is_empty() {
            capacities.extend(PERCENT.map(|percent| trace.share(percent)));
        }
        // Several shares of a small trace are the least capacity.
        capacities.sort_unstable();
        capacities.dedup();
        rows.extend(capacities.into_iter().map(|capacity| size(number, capacity)));
    }
    rows
}

/// The sizes of the curves, each replayed once.
fn points(traces: &[Trace]) -> Vec<Size> {
    let mut points: Vec<Size> = Vec::new();
    for (number, trace) in traces.iter().enumerate() {
        for percent in plot::PERCENT {
            let point = Size { trace: number, capacity: trace.share(percent), runs: 1 };
            if !is_among(&points, &point) {
                points.push(point);
            }
        }
    }
    points
}

fn is_among(sizes: &[Size], size: &Size) -> bool {
    sizes.iter().any(|other| (other.trace, other.capacity) == (size.trace, size.capacity))
}

fn report(options: &Options, table: &str, begun: Instant) -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!(" -- {}", arguments.join(" ")) };
    let seconds = begun.elapsed().as_secs();
    let (date, machine, runs, threads) = (table::today(), table::machine(), options.runs, options.threads);
    format!(
        "# Hit ratios

Made by `cargo run --release -p benches --bin hit-ratio{arguments}` on {date} ({machine}; {seconds} s on {threads} threads).

Each trace is replayed as \"get, on a miss insert\", one access after another, at capacities counted in entries. Numbers are hits in
percent of all accesses, first accesses included; all caches are built with their defaults (`moka` 0.12 `sync`, `quick_cache` 0.7
`sync`, `foyer` 0.22 with LFU, which is W-TinyLFU, and with S3-FIFO), so that they are sharded as they would be on this machine.
What depends on hashes is the median of {runs} runs, each with another seed: for the peers one that a run of this command
repeats, for ours, which takes no seed, one by chance; its lowest and highest run stand beside the median. The optimum is Belady's, which knows the future and may turn a newcomer away. `moka` is taken as it
is: it evicts late, by the clock as well, and holds up to 64 entries more than its capacity, which is much for a small cache; with
capacities of a few entries it can be above the optimum, and so can `foyer`, with its 8 shards of at least one entry. The
difference is that of ours to the best of exact LRU and the peers in that row, and is in points.

{table}
The same for another trace: `cargo run --release -p benches --bin hit-ratio -- FILE --capacity N`; as curves: `--plot`; formats and all
else: `--help`.
"
    )
}
