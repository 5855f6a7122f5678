//! Hit ratio over capacity as a picture per trace. SVG, because that needs no fonts here.

use std::fs;
use std::path::{Path, PathBuf};

use plotters::prelude::*;

use super::Cell;
use super::contestants::Contestant;
use super::table::thousands;
use super::traces::Trace;

/// The capacities of a curve, in percent of the keys; those of the table are among them.
pub const PERCENT: [f64; 12] = [0.5, 1.0, 2.0, 3.5, 5.0, 7.0, 10.0, 14.0, 20.0, 25.0, 32.0, 40.0];

type Failure = Box<dyn std::error::Error>;

/// Draws a trace's cells into the folder, which is made if need be, and says where.
///
/// # Errors
///
/// When the folder or the picture cannot be written.
pub fn draw(trace: &Trace, cells: &[&Cell], folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join(format!("{}.svg", trace.name));
    let failure = |error: &dyn std::fmt::Display| format!("{}: cannot be drawn: {error}", path.display());
    fs::create_dir_all(folder).map_err(|error| failure(&error))?;
    fs::write(&path, picture(trace, cells).map_err(|error| failure(&error))?).map_err(|error| failure(&error))?;
    Ok(path)
}

fn picture(trace: &Trace, cells: &[&Cell]) -> Result<String, Failure> {
    let share = |cell: &Cell| 100.0 * cell.size.capacity as f64 / trace.distinct as f64;
    let mut cells = cells.to_vec();
    cells.sort_by_key(|cell| cell.size.capacity);
    let (Some(least), Some(most)) = (cells.first().map(|cell| share(cell)), cells.last().map(|cell| share(cell)))
    else {
        return Err("no cells".into());
    };
    let highest = cells.iter().map(|cell| cell.ratio(Contestant::Optimum)).fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (960, 600)).into_drawing_area();
        area.fill(&WHITE)?;
        let title =
            format!("{}: {} accesses to {} keys", trace.name, thousands(trace.keys.len()), thousands(trace.distinct));
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 22))
            .margin(16)
            .x_label_area_size(48)
            .y_label_area_size(56)
            // A curve of one point still needs an axis.
            .build_cartesian_2d((least * 0.95..most * 1.05).log_scale(), 0.0..highest * 1.05)?;
        chart
            .configure_mesh()
            .x_desc("capacity, percent of the keys (logarithmic)")
            .y_desc("hit ratio, percent")
            .x_label_formatter(&|percent| format!("{}", (percent * 100.0).round() / 100.0))
            .max_light_lines(0)
            .draw()?;
        for contestant in Contestant::ALL {
            let style = style(contestant);
            let points: Vec<(f64, f64)> = cells.iter().map(|cell| (share(cell), cell.ratio(contestant))).collect();
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 2, style.color.filled())))?;
            chart
                .draw_series(LineSeries::new(points, style))?
                .label(contestant.name())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], style));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .legend_area_size(32)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        area.present()?;
    }
    Ok(svg)
}

/// Apart by hue for most eyes; ours stands out.
fn style(contestant: Contestant) -> ShapeStyle {
    let (red, green, blue, width) = match contestant {
        Contestant::Lru => (140, 140, 140, 1),
        Contestant::Moka => (0, 158, 115, 1),
        Contestant::QuickCache => (0, 114, 178, 1),
        Contestant::FoyerLfu => (230, 159, 0, 1),
        Contestant::FoyerS3Fifo => (204, 121, 167, 1),
        Contestant::OursLru => (240, 150, 130, 1),
        Contestant::Ours => (200, 30, 20, 3),
        Contestant::Optimum => (0, 0, 0, 2),
    };
    RGBColor(red, green, blue).stroke_width(width)
}

#[cfg(test)]
mod tests {
    use super::super::{Size, measure};
    use super::*;

    #[test]
    fn a_picture_names_all_and_one_size_is_enough() {
        let trace = [Trace::zipf("a-trace", 5_000, 500, 0.9)];
        let cells = measure(&trace, &[Size { trace: 0, capacity: 50, runs: 1 }], 1);
        let folder = tempfile::tempdir().unwrap();
        let path = draw(&trace[0], &[&cells[0]], &folder.path().join("new")).unwrap();
        let svg = fs::read_to_string(path).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("a-trace: 5,000 accesses"), "{svg}");
        assert!(Contestant::ALL.iter().all(|contestant| svg.contains(contestant.name())), "{svg}");
    }
}
