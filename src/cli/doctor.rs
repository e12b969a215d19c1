//! `latent-studio doctor`: prints what the program finds on this machine, for people who ask why something does not work.

use crate::{
    desk::Settings,
    nn::{self, DeviceChoice},
    run,
};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

/// A topic of the report with its findings: name and value.
struct Section {
    id: &'static str,
    title: &'static str,
    findings: Vec<(&'static str, Value)>,
}

/// Prints the report as text for people, or as one JSON object with an object per topic.
pub fn run(json: bool) -> Result<()> {
    let sections = [program(), torch(), processor(), openmp(), display(), dialogs(), folders()];
    let text = if json { format!("{:#}\n", as_json(&sections)) } else { as_text(&sections) };
    std::io::stdout().write_all(text.as_bytes()).context("The report could not be written.")
}

fn as_json(sections: &[Section]) -> Value {
    let topic = |s: &Section| {
        let findings: Map<_, _> =
            s.findings.iter().map(|(name, value)| (name.replace(' ', "_"), value.clone())).collect();
        (s.id.to_owned(), Value::Object(findings))
    };
    Value::Object(sections.iter().map(topic).collect())
}

fn as_text(sections: &[Section]) -> String {
    let mut lines = Vec::new();
    for section in sections {
        lines.push(section.title.to_owned());
        lines.extend(section.findings.iter().map(|(name, value)| format!("  {name:<18} {}", in_words(value))));
    }
    lines.join("\n") + "\n"
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "not set".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => text.clone(),
        Value::Array(several) if several.is_empty() => "none".into(),
        Value::Array(several) => several.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn program() -> Section {
    let findings = vec![
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("program", json!(env::current_exe().ok())),
        ("system", json!(system_name(&read("/etc/os-release")))),
    ];
    Section { id: "program", title: "Latent Studio", findings }
}

fn torch() -> Section {
    let facts = nn::facts();
    let findings = vec![
        ("version", json!(facts.libtorch)),
        ("place", json!(library_place(&read("/proc/self/maps")))),
        ("cuda devices", json!(facts.cuda_devices)),
        ("devices", json!(nn::device_words())),
        ("auto means", json!(DeviceChoice::Auto.resolve().ok().map(nn::device_word))),
        ("device set", json!(device_set(&read(&run::home().settings.to_string_lossy())))),
        ("bf16 on the cpu", json!(facts.bf16)),
        ("threads", json!(facts.threads)),
    ];
    Section { id: "libtorch", title: "libtorch", findings }
}

/// Returns the device that the window's settings name.
fn device_set(settings: &str) -> String {
    toml::from_str::<Settings>(settings).unwrap_or_default().desk.device
}

fn processor() -> Section {
    let cpu = read("/proc/cpuinfo");
    let flags: Vec<_> = field(&cpu, "flags").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let fast = ["avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16"];
    let memory = |name| field(&read("/proc/meminfo"), name).and_then(|kb| gib(&kb));
    let findings = vec![
        ("processor", json!(field(&cpu, "model name"))),
        ("cores", json!(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))),
        ("fast instructions", json!(fast.iter().filter(|name| flags.iter().any(|f| f == *name)).collect::<Vec<_>>())),
        ("memory GiB", json!(memory("MemTotal"))),
        ("free memory GiB", json!(memory("MemAvailable"))),
    ];
    Section { id: "machine", title: "Machine", findings }
}

fn openmp() -> Section {
    let names = ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "KMP_BLOCKTIME"];
    Section { id: "openmp", title: "OpenMP", findings: names.map(|name| (name, variable(name))).to_vec() }
}

fn display() -> Section {
    let icds = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].iter().flat_map(|folder| names_in(Path::new(folder)));
    let cards = names_in(Path::new("/dev/dri")).into_iter().filter(|name| name.starts_with("render"));
    let findings = vec![
        ("DISPLAY", variable("DISPLAY")),
        ("WAYLAND_DISPLAY", variable("WAYLAND_DISPLAY")),
        ("session", variable("XDG_SESSION_TYPE")),
        ("render devices", json!(cards.collect::<Vec<_>>())),
        ("vulkan drivers", json!(icds.map(|name| name.trim_end_matches(".json").to_owned()).collect::<Vec<_>>())),
        ("WGPU_BACKEND", variable("WGPU_BACKEND")),
        ("software GL asked", json!(env::var("LIBGL_ALWAYS_SOFTWARE").is_ok_and(|v| v == "1" || v == "true"))),
    ];
    Section { id: "display", title: "Display", findings }
}

fn dialogs() -> Section {
    let services = ["/usr/share/dbus-1/services", "/usr/local/share/dbus-1/services"];
    let portal = services.iter().any(|s| Path::new(s).join("org.freedesktop.portal.Desktop.service").exists());
    let bus = env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some();
    let zenity = in_path("zenity");
    let works = match (portal && bus, &zenity) {
        (true, _) => "the desktop's portal",
        (false, Some(_)) => "zenity",
        (false, None) => "none; the path fields beside each dialog still work",
    };
    let findings = vec![
        ("session bus", json!(bus)),
        ("portal installed", json!(portal)),
        ("zenity", json!(zenity)),
        ("file dialogs by", json!(works)),
    ];
    Section { id: "dialogs", title: "File dialogs", findings }
}

fn folders() -> Section {
    let home = run::home();
    let findings = vec![
        ("runs", json!(home.runs)),
        ("settings", json!(home.settings)),
        ("logs", json!(home.logs)),
        ("everything else", json!(home.root)),
        ("LATENT_STUDIO_HOME", variable("LATENT_STUDIO_HOME")),
        ("LATENT_STUDIO_DATA", variable("LATENT_STUDIO_DATA")),
    ];
    Section { id: "folders", title: "Folders", findings }
}

/// Reads a file of the system; empty if there is none.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Finds the value of a name in lines of the form `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.into_iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// Converts `16384000 kB` to GiB, rounded to one decimal.
fn gib(kilobytes: &str) -> Option<f64> {
    let count: f64 = kilobytes.split_whitespace().next()?.parse().ok()?;
    Some((count / f64::from(1 << 20) * 10.0).round() / 10.0)
}

fn system_name(os_release: &str) -> Option<String> {
    let line = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').to_owned())
}

/// Returns the folder of the libtorch that this process has loaded.
fn library_place(maps: &str) -> Option<PathBuf> {
    let line = maps.lines().find(|line| line.trim_end().ends_with("/libtorch_cpu.so"))?;
    Path::new(&line[line.find('/')?..]).parent().map(Path::to_owned)
}

fn variable(name: &str) -> Value {
    env::var_os(name).map_or(Value::Null, |value| json!(value.to_string_lossy()))
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn in_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_reads_the_same_as_text_and_as_json() {
        let findings = vec![("bf16 on the cpu", json!(true)), ("place", Value::Null), ("drivers", json!(["a", "b"]))];
        let sections = [Section { id: "libtorch", title: "libtorch", findings }];
        assert_eq!(
            as_text(&sections),
            "libtorch\n  bf16 on the cpu    yes\n  place              not set\n  drivers            a, b\n"
        );
        let json = as_json(&sections);
        assert_eq!(json["libtorch"], json!({"bf16_on_the_cpu": true, "place": null, "drivers": ["a", "b"]}));
    }

    #[test]
    fn the_device_of_the_settings_is_found() {
        assert_eq!(device_set(""), "auto");
        assert_eq!(device_set("[desk]\ndevice = \"cuda:1\"\n"), "cuda:1");
    }

    #[test]
    fn the_systems_files_are_understood() {
        assert_eq!(field("MemTotal:       16384000 kB\nx: y", "MemTotal").as_deref(), Some("16384000 kB"));
        assert_eq!(gib("16384000 kB"), Some(15.6));
        assert_eq!(system_name("NAME=x\nPRETTY_NAME=\"Debian 12\"\n").as_deref(), Some("Debian 12"));
        let maps = "7f-80 r-xp 0 08:01 5    /some where/lib/libtorch_cpu.so\n";
        assert_eq!(library_place(maps), Some(PathBuf::from("/some where/lib")));
        assert_eq!(library_place("7f-80 r-xp 0 08:01 5 /lib/libc.so"), None);
    }
}
