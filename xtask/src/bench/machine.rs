//! The machine in a line.

use std::process::Command;

/// Processor, number of processors, vector instructions, memory, system and compiler, as far as they can be found out.
pub(crate) fn describe() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let mut parts =
        vec![processor(), format!("{processors} processors"), instructions().to_string()];
    parts.extend(gibibytes(&memory).map(|size| format!("{size:.0} GiB")));
    parts.push(format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    if let Ok(output) = Command::new(rustc).arg("--version").output() {
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        parts.push(version.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    }
    format!("machine: {}", parts.join(", "))
}

/// The processor, or what kind of machine it is where the system does not say.
pub(crate) fn processor() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    model(&cpuinfo).unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

/// The name and the numbers of the model: a name alone may stand for several generations.
fn model(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        let lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
    };
    let name = field("model name")?;
    match (field("cpu family"), field("model")) {
        (Some(family), Some(model)) => Some(format!("{name} (family {family}, model {model})")),
        _ => Some(name.to_string()),
    }
}

/// The widest vectors that the kernels have here.
pub(crate) fn instructions() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            return "AVX-512";
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return "AVX2 with FMA";
        }
    }
    "no AVX2"
}

fn gibibytes(meminfo: &str) -> Option<f64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_read_from_what_the_system_says() {
        let cpuinfo = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\n";
        assert_eq!(model(cpuinfo).unwrap(), "AMD EPYC (family 25, model 17)");
        assert_eq!(model(""), None);
        assert_eq!(gibibytes("MemTotal:  25165824 kB\nMemFree: 1 kB\n"), Some(24.0));
    }

    #[test]
    fn the_description_is_one_line() {
        assert_eq!(describe().lines().count(), 1);
    }
}
