using System.Globalization;
using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The processes that a container cannot do without, in containers/ID/processes: for whoever cleans up behind a supervisor that was killed.</summary>
/// <remarks>
/// First the id of the boot: who starts with the machine easily has the same number and time as another did the last time. Then a line "PID START" each; the
/// time at which a process started, in ticks since the machine did (proc(5)), tells it from a later one of the same number.
/// </remarks>
public static class ProcessList
{
    private const string Boot = "/proc/sys/kernel/random/boot_id";
    private const int StartTime = 19; // among the fields behind the name, which may hold blanks

    /// <summary>From before anything is mounted until nothing is: without a supervisor it says that something is left.</summary>
    public static bool IsThere(string directory) => File.Exists(PathOf(directory));

    public static void Write(StoredContainer container, params ReadOnlySpan<int> processes)
    {
        var text = new StringBuilder(File.ReadAllText(Boot));
        foreach (var pid in processes) text.Append(CultureInfo.InvariantCulture, $"{pid} {StartOf(pid)}\n");
        AtomicFile.Write(PathOf(container.Directory), Encoding.ASCII.GetBytes(text.ToString())); // a list cut short would leave processes for ever
    }

    /// <summary>Ends those that are still there. Whoever calls holds the container's lock.</summary>
    public static void End(StoredContainer container)
    {
        if (AtomicFile.Read(PathOf(container.Directory)) is not { } text) return;
        var lines = Encoding.ASCII.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines is [var boot, ..] && !boot.Contains(' ') && boot != File.ReadAllText(Boot).Trim())
        {
            LayerStore.Discard(container.RuntimeRoot); // the runtime would look for them, too
            return;
        }
        foreach (var line in lines)
        {
            if (line.Split(' ') is [var number, var start] && int.TryParse(number, out var pid)) End(pid, start);
        }

        // What a runtime was at when its supervisor was killed it goes on with: it ends first, and then what it has made.
        foreach (var pid in Runtime.CallsFor(container)) _ = Syscall.Kill(pid, Signal.Kill);
        if (Runtime.FirstProcess(container) is var (first, begin)) End(first, begin);
    }

    private static void End(int pid, string start)
    {
        if (start.Length > 0 && StartOf(pid) == start) _ = Syscall.Kill(pid, Signal.Kill);
    }

    public static void Remove(string directory)
    {
        if (IsThere(directory)) File.Delete(PathOf(directory)); // with --rm the directory may be gone too
    }

    private static string PathOf(string directory) => Path.Combine(directory, "processes");

    /// <summary>Empty where there is no such process.</summary>
    private static string StartOf(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ')[StartTime];
        }
        catch (IOException)
        {
            return "";
        }
    }
}
