using System.Diagnostics;

namespace OverlayFuse.Fuse.Tests;

/// <summary>Runs a shell script in another process: the one that serves a mount must not use it.</summary>
internal static class Shell
{
    private const int Seconds = 60;

    public static string Run(string script)
    {
        var (exit, output) = Try(script);
        Assert.That(exit, Is.Zero, $"{script}\n{output}");
        return output;
    }

    public static (int Exit, string Output) Try(string script)
    {
        using var process = Start(script);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(Seconds)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"not done after {Seconds} seconds: {script}");
        }
        return (process.ExitCode, (output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult()).Trim());
    }

    public static Process Start(string script) => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script])
    {
        WorkingDirectory = "/",
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
