using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// A <see cref="Racer"/> in a process of its own, which is this assembly run as a program: what the kernel keeps for each process apart
/// (credentials, open files, locks, current directory) is apart indeed.
/// </summary>
/// <remarks>It is told the actions, a line each, says that it is ready, and when all are, is told to go; then it says how it went and what it has left.</remarks>
internal sealed class RacerProcess : IDisposable
{
    public const string Verb = "race";
    private const string Go = "go";
    private const string Ready = "ready";
    private readonly Process _process;

    public RacerProcess(int number, IEnumerable<string> actions, string root)
    {
        var runtime = Path.GetFullPath("../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory());
        _process = Process.Start(new ProcessStartInfo(runtime, [typeof(RacerProcess).Assembly.Location, Verb, number.ToString(CultureInfo.InvariantCulture), root])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        foreach (var action in actions) _process.StandardInput.WriteLine(action);
        _process.StandardInput.Flush();
    }

    public string? Failure { get; private set; }

    public string[] Left { get; private set; } = [];

    public void AwaitReady()
    {
        if (_process.StandardOutput.ReadLine() is var line && line != Ready) throw new InvalidOperationException($"process {_process.Id} says {line}");
    }

    public void Begin()
    {
        _process.StandardInput.WriteLine(Go);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for what it says at the end; a connection that is cut off ends it too.</summary>
    public void End()
    {
        var lines = _process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _process.WaitForExit();
        if (_process.ExitCode != 0) Failure = lines.Length > 0 ? string.Join(' ', lines) : $"ended with code {_process.ExitCode}";
        else Left = lines;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    /// <summary>The other side.</summary>
    /// <returns>The exit code: 1 when something went otherwise than it may.</returns>
    public static int Run(int number, string root)
    {
        if (Linux.Syscall.Open(root, Linux.OpenFlags.ReadOnly | Linux.OpenFlags.Directory, out var directory) is var error && error != Linux.Errno.None) throw new IOException($"{root}: {error}");
        Console.WriteLine(Ready);
        var actions = new List<string>();
        while (Console.ReadLine() is { } line && line != Go) actions.Add(line);
        using var racer = new Racer(number, actions, new Linux.DirFd(directory.Number));
        racer.Run();
        if (racer.Failure is { } failure) Console.WriteLine(failure);
        else foreach (var item in racer.Left) Console.WriteLine(item);
        return racer.Failure is null ? 0 : 1;
    }
}
