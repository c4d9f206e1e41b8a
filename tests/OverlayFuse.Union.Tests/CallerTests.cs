using System.Diagnostics;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class CallerTests
{
    [Test]
    public void Root_of_a_user_namespace_of_its_own_is_not_root_here()
    {
        var start = new ProcessStartInfo("unshare", ["--user", "--map-root-user", "sh", "-c", "echo ready; exec sleep 60"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            if (process.StandardOutput.ReadLine() != "ready") Assert.Ignore("no user namespaces here: " + process.StandardError.ReadToEnd());
            Assert.That(Caller.Has((uint)process.Id, Caller.FSetId), Is.True);
            Assert.That(Caller.Has((uint)process.Id, Caller.SysAdmin), Is.False);
            if (Scratch.IsRoot) Assert.That(Caller.Has((uint)Environment.ProcessId, Caller.SysAdmin), Is.True);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }
}
