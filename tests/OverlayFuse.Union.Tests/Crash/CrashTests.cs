using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Every change is cut short after each of its system calls, and made with each of them failing: the union then shows the old or the new
/// state and nothing between, and nothing half made is left.
/// </summary>
/// <remarks>
/// OVERLAYFUSE_LONG=1: each call fails in every way, each change is made in every form. Else the first call of every three fails, and in one way,
/// another from call to call; the rarer forms share the changes.
/// </remarks>
internal class CrashTests
{
    private static readonly Errno[] Failures = [Errno.NOSPC, Errno.DQUOT, Errno.IO, Errno.MFILE];

    private static readonly List<TestUnion.Form> OtherForms = [TestUnion.Form.WithoutRenameFlags, TestUnion.Form.MarkedWhiteouts, TestUnion.Form.Oci];

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("OVERLAYFUSE_LONG") == "1";

    [TestCaseSource(nameof(Cases)), TestCaseSource(nameof(CasesOfOtherForms)), TestCaseSource(nameof(CasesInPart))]
    public void A_daemon_that_dies_after_any_call_leaves_the_old_or_the_new_state(TestedChange change, TestUnion.Form form) => On(change, form, stage =>
    {
        var isNew = false;
        for (var calls = 0; calls <= stage.Changing; calls++)
        {
            var was = isNew;
            isNew = stage.Die(calls);
            Assert.That(isNew || !was, Is.True, $"the new state was there before call {calls} and is gone after it: {stage.Calls}");
        }
        Assert.That(isNew, Is.True, "after all calls");
        if (!stage.ChangesNothing) Assert.That(stage.Die(0), Is.False, "before any call");
    });

    [TestCaseSource(nameof(Cases)), TestCaseSource(nameof(CasesOfOtherForms)), TestCaseSource(nameof(CasesInPart))]
    public void A_change_with_any_call_failing_happens_whole_or_not_at_all(TestedChange change, TestUnion.Form form) => On(change, form, stage =>
    {
        var errors = 0;
        for (var at = 0; at < stage.Count; at += IsLong ? 1 : 3)
        {
            foreach (var error in IsLong ? Failures : [Failures[at % Failures.Length]]) errors += stage.Fail(at, error) ? 0 : 1;
        }
        if (IsLong && !stage.ChangesNothing) Assert.That(errors, Is.GreaterThan(0), "no failure was ever reported");
    });

    private static void On(TestedChange change, TestUnion.Form form, Action<CrashStage> run)
    {
        if (form.IsOrdinaryUser) OrdinaryUser.Run(Run);
        else Run();

        void Run()
        {
            using var stage = new CrashStage(change, form);
            run(stage);
        }
    }

    private static IEnumerable<object[]> Cases =>
        from form in (TestUnion.Form[])[TestUnion.Form.OfThisUser, TestUnion.Form.OrdinaryUser]
        from change in ChangeTable.All
        where !change.NeedsRoot || (Scratch.IsRoot && !form.IsOrdinaryUser)
        select new object[] { change, form };

    private static IEnumerable<object[]> CasesOfOtherForms =>
        from form in OtherForms
        from change in ChangeTable.All.Where((_, number) => IsLong || number % OtherForms.Count == OtherForms.IndexOf(form))
        where (!change.NeedsRoot || Scratch.IsRoot) && (form != TestUnion.Form.Oci || !change.NeedsMarks)
        select new object[] { change, form };

    private static IEnumerable<object[]> CasesInPart =>
        from form in (TestUnion.Form[])[TestUnion.Form.InPart, TestUnion.Form.InPartByOrdinaryUser]
        from change in ChangeTable.InPart
        select new object[] { change, form };
}
