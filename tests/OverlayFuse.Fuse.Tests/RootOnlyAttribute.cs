using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>Skips tests that mount where this process may not.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class RootOnlyAttribute : NUnitAttribute, IApplyToTest
{
    public void ApplyToTest(NUnit.Framework.Internal.Test test)
    {
        if (Syscall.GetEUid() == 0 && File.Exists("/dev/fuse")) return;
        test.RunState = RunState.Ignored;
        test.Properties.Set(PropertyNames.SkipReason, "needs root and /dev/fuse");
    }
}
