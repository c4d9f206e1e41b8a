using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What renames, removals and copy-ups decide, as tables.</summary>
internal class PlanTests
{
    private static readonly string[] Targets = ["absent", "whiteout", "file", "lower file", "empty dir", "emptied lower dir", "full dir"];

    // - plain move, w whiteout at the old name, o marked opaque, r redirected
    private const string Moves =
        """
        file            -   -   -       -       ISDIR ISDIR ISDIR
        lower file      w   w   w       w       ISDIR ISDIR ISDIR
        lower symlink   w   w   w       w       ISDIR ISDIR ISDIR
        pure dir        -   o   NOTDIR  NOTDIR  -     o     NOTEMPTY
        lower dir       rw  rw  NOTDIR  NOTDIR  rw    rw    NOTEMPTY
        merged dir      rw  rw  NOTDIR  NOTDIR  rw    rw    NOTEMPTY
        opaque dir      w   ow  NOTDIR  NOTDIR  w     ow    NOTEMPTY
        redirected dir  r   r   NOTDIR  NOTDIR  r     r     NOTEMPTY
        absent          NOENT NOENT NOENT NOENT NOENT NOENT NOENT
        """;

    // Marks of what goes there / of what comes from there.
    private const string Exchanges =
        """
        file            NOENT NOENT  -/-  -/-  -/-  -/r  -/-
        lower file      NOENT NOENT  -/-  -/-  -/o  -/r  -/o
        lower symlink   NOENT NOENT  -/-  -/-  -/o  -/r  -/o
        pure dir        NOENT NOENT  -/-  o/-  -/-  o/r  -/-
        lower dir       NOENT NOENT  r/-  r/-  r/o  r/r  r/o
        merged dir      NOENT NOENT  r/-  r/-  r/o  r/r  r/o
        opaque dir      NOENT NOENT  -/-  o/-  -/o  o/r  -/o
        redirected dir  NOENT NOENT  r/-  r/-  r/-  r/r  r/-
        absent          NOENT NOENT  NOENT NOENT NOENT NOENT NOENT
        """;

    [TestCaseSource(nameof(Table), [Moves])]
    public void A_rename(string source, string target, string expected) =>
        Assert.That(Describe(RenamePlan.For(FactsOf(source), FactsOf(target), false, RenameFlags.None)), Is.EqualTo(expected));

    [TestCaseSource(nameof(Table), [Moves])]
    public void A_rename_that_replaces_nothing(string source, string target, string expected)
    {
        if (FactsOf(target).Exists && source != "absent") expected = "EXIST";
        Assert.That(Describe(RenamePlan.For(FactsOf(source), FactsOf(target), false, RenameFlags.NoReplace)), Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Table), [Exchanges])]
    public void An_exchange(string source, string target, string expected)
    {
        var plan = RenamePlan.For(FactsOf(source), FactsOf(target), false, RenameFlags.Exchange);
        Assert.That(plan.Refusal != Errno.None ? plan.Refusal.ToString() : $"{Letter(plan.Source)}/{Letter(plan.Target)}", Is.EqualTo(expected));
        Assert.That(plan.LeavesWhiteout, Is.False);
    }

    [TestCase(RenameFlags.Whiteout)]
    [TestCase(RenameFlags.Whiteout | RenameFlags.NoReplace)]
    [TestCase(RenameFlags.Exchange | RenameFlags.NoReplace)]
    public void Flags_that_are_refused(RenameFlags flags)
    {
        foreach (var target in Targets) Assert.That(RenamePlan.For(FactsOf("file"), FactsOf(target), false, flags).Refusal, Is.EqualTo(Errno.INVAL));
    }

    [TestCase("file")]
    [TestCase("lower file")]
    [TestCase("lower dir")]
    public void An_object_moved_onto_itself(string what)
    {
        Assert.That(RenamePlan.For(FactsOf(what), FactsOf(what), true, RenameFlags.None).IsNothing, Is.True);
        Assert.That(RenamePlan.For(FactsOf(what), FactsOf(what), true, RenameFlags.Exchange).IsNothing, Is.True);
        Assert.That(RenamePlan.For(FactsOf(what), FactsOf(what), true, RenameFlags.NoReplace).Refusal, Is.EqualTo(Errno.EXIST));
    }

    [TestCase(true, false, "taken")]
    [TestCase(true, true, "taken, whiteout")]
    [TestCase(false, true, "whiteout")]
    [TestCase(false, false, "")]
    public void A_removal(bool hasUpper, bool hasBelow, string expected)
    {
        var plan = RemovePlan.For(hasUpper, hasBelow);
        Assert.That(string.Join(", ", new[] { plan.TakesUpper ? "taken" : "", plan.LeavesWhiteout ? "whiteout" : "" }.Where(s => s.Length > 0)), Is.EqualTo(expected));
    }

    [TestCase(CopyUpReason.Metadata, 100ul, 0ul, "MetadataOnly 0")]
    [TestCase(CopyUpReason.Write, 100ul, 0ul, "Bytes 100")]
    [TestCase(CopyUpReason.Truncate, 100ul, 0ul, "Nothing 0")]
    [TestCase(CopyUpReason.Truncate, 100ul, 7ul, "Bytes 7")]
    [TestCase(CopyUpReason.Truncate, 100ul, 100ul, "Bytes 100")]
    [TestCase(CopyUpReason.Truncate, 100ul, 5000ul, "Bytes 100")]
    [TestCase(CopyUpReason.Metadata, 0ul, 0ul, "Nothing 0")]
    [TestCase(CopyUpReason.Write, 0ul, 0ul, "Nothing 0")]
    public void The_ladder_of_copy_up(CopyUpReason reason, ulong size, ulong length, string expected)
    {
        var plan = CopyUpPlan.For(new CopyUpFacts(FileType.Regular, size, true, true, Errno.None, false), reason, length);
        Assert.That((plan.Refusal, $"{plan.Content} {plan.Length}"), Is.EqualTo((Errno.None, expected)));
    }

    [TestCase(CopyUpReason.Write, 101ul, 0ul, "Blocks 101")]
    [TestCase(CopyUpReason.Write, 100ul, 0ul, "Bytes 100")]
    [TestCase(CopyUpReason.Truncate, 500ul, 101ul, "Blocks 101")]
    [TestCase(CopyUpReason.Truncate, 500ul, 100ul, "Bytes 100")]
    [TestCase(CopyUpReason.Truncate, 500ul, 900ul, "Blocks 500")]
    [TestCase(CopyUpReason.Truncate, 500ul, 0ul, "Nothing 0")]
    [TestCase(CopyUpReason.Metadata, 500ul, 0ul, "MetadataOnly 0")]
    [TestCase(CopyUpReason.Whole, 500ul, 0ul, "Bytes 500")]
    public void Of_a_large_file_the_blocks_that_are_written_come_up(CopyUpReason reason, ulong size, ulong length, string expected)
    {
        var plan = CopyUpPlan.For(new CopyUpFacts(FileType.Regular, size, true, true, Errno.None, false) { WholeUpTo = 100 }, reason, length);
        Assert.That((plan.Refusal, $"{plan.Content} {plan.Length}"), Is.EqualTo((Errno.None, expected)));
        plan = CopyUpPlan.For(new CopyUpFacts(FileType.Regular, size, false, true, Errno.None, false) { WholeUpTo = 100 }, reason, length);
        Assert.That(plan.Content, Is.EqualTo(reason == CopyUpReason.Truncate && length == 0 ? CopyUpContent.Nothing : CopyUpContent.Bytes), "without marks");
    }

    [TestCase(CopyUpReason.Metadata)]
    [TestCase(CopyUpReason.Write)]
    public void A_file_with_privileges_that_writing_takes_away_comes_up_whole(CopyUpReason reason)
    {
        var facts = new CopyUpFacts(FileType.Regular, 500, true, true, Errno.None, false) { WholeUpTo = 100, IsPrivileged = true };
        Assert.That(CopyUpPlan.For(facts, reason), Is.EqualTo(new CopyUpPlan(Errno.None, CopyUpContent.Bytes, 500)));
    }

    [TestCase(FileType.Directory)]
    [TestCase(FileType.Symlink)]
    [TestCase(FileType.Fifo)]
    [TestCase(FileType.Socket)]
    [TestCase(FileType.CharDevice)]
    public void Only_regular_files_have_bytes(FileType type)
    {
        foreach (var reason in Enum.GetValues<CopyUpReason>())
            Assert.That(CopyUpPlan.For(new CopyUpFacts(type, 100, true, false, Errno.None, false), reason).Content, Is.EqualTo(CopyUpContent.Nothing));
    }

    [Test]
    public void Without_marks_metadata_brings_the_bytes_too() =>
        Assert.That(CopyUpPlan.For(new CopyUpFacts(FileType.Regular, 9, false, true, Errno.None, false), CopyUpReason.Metadata), Is.EqualTo(new CopyUpPlan(Errno.None, CopyUpContent.Bytes, 9)));

    [TestCase(CopyUpReason.Metadata, Errno.ACCES)]
    [TestCase(CopyUpReason.Write, Errno.ACCES)]
    [TestCase(CopyUpReason.Truncate, Errno.None)] // to nothing: no byte is read
    public void Bytes_that_cannot_be_read(CopyUpReason reason, Errno refusal) =>
        Assert.That(CopyUpPlan.For(new CopyUpFacts(FileType.Regular, 9, true, false, Errno.None, false), reason).Refusal, Is.EqualTo(refusal));

    [TestCase(Errno.PERM, false, Errno.PERM)]
    [TestCase(Errno.OVERFLOW, false, Errno.OVERFLOW)]
    [TestCase(Errno.None, true, Errno.PERM)]
    [TestCase(Errno.OVERFLOW, true, Errno.OVERFLOW)]
    public void What_cannot_be_kept_is_refused(Errno mayOwn, bool losesSecurity, Errno refusal)
    {
        foreach (var type in (FileType[])[FileType.Regular, FileType.Directory, FileType.Symlink])
            foreach (var reason in Enum.GetValues<CopyUpReason>())
                Assert.That(CopyUpPlan.For(new CopyUpFacts(type, 0, true, true, mayOwn, losesSecurity), reason).Refusal, Is.EqualTo(refusal));
    }

    [TestCase(0x1EDu, 3000u, false, FileType.Directory, 0x1EDu)]
    [TestCase(0x5EDu, 50u, true, FileType.Directory, 0x5EDu)]
    [TestCase(0x5EDu, 50u, true, FileType.Regular, 0x1EDu)]
    [TestCase(0x3FFu, 3000u, false, FileType.Directory, 0x1EDu)]
    public void A_new_object_is_the_callers_but_for_the_group_of_a_setgid_directory(uint parentMode, uint gid, bool inherits, FileType type, uint mode)
    {
        var parent = new FileStatus { Mode = (uint)FileType.Directory | parentMode, Uid = 40, Gid = 50 };
        Assert.That(Ownership.Of(new Request { Uid = 2000, Gid = 3000 }, parent, new Owners(new UnionOptions { MountPoint = [] }), out var owner), Is.EqualTo(Errno.None));
        Assert.That(owner, Is.EqualTo(new Ownership(2000, gid, inherits)));
        Assert.That(owner.ModeOf(type, 0x1ED), Is.EqualTo(mode));
    }

    [Test]
    public void Root_may_make_anything_and_others_only_what_is_theirs()
    {
        var here = Credentials.OfThisProcess(OverrideForm.None);
        if (here.IsHostRoot) Assert.That(here.MayOwn(12345, 54321), Is.EqualTo(Errno.None));
        OrdinaryUser.Run(() =>
        {
            var user = Credentials.OfThisProcess(OverrideForm.None);
            Assert.That(user.IsRoot, Is.False);
            Assert.That(user.MayOwn(user.Uid, user.Gid), Is.EqualTo(Errno.None));
            Assert.That(user.MayOwn(0, user.Gid), Is.EqualTo(Errno.PERM));
            Assert.That(user.MayOwn(user.Uid, 54321), Is.EqualTo(Errno.PERM));
        });
    }

    private static IEnumerable<object[]> Table(string table)
    {
        foreach (var line in table.Split('\n'))
        {
            var cells = line[16..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            for (var i = 0; i < Targets.Length; i++) yield return [line[..16].Trim(), Targets[i], cells[i]];
        }
    }

    private static RenameFacts FactsOf(string what)
    {
        var isDirectory = what.EndsWith("dir", StringComparison.Ordinal);
        return new RenameFacts(
            Exists: what is not ("absent" or "whiteout"),
            Type: isDirectory ? FileType.Directory : what.EndsWith("symlink", StringComparison.Ordinal) ? FileType.Symlink : what is "absent" or "whiteout" ? FileType.None : FileType.Regular,
            HasLowers: what is "lower dir" or "merged dir" or "redirected dir" or "emptied lower dir",
            HasBelow: what is "whiteout" or "lower file" or "lower symlink" or "lower dir" or "merged dir" or "opaque dir" or "emptied lower dir",
            IsEmpty: what is "empty dir" or "emptied lower dir");
    }

    private static string Describe(in RenamePlan plan)
    {
        if (plan.Refusal != Errno.None) return plan.Refusal.ToString();
        var text = $"{(plan.Source == SideMark.None ? "" : Letter(plan.Source))}{(plan.LeavesWhiteout ? "w" : "")}";
        return text.Length > 0 ? text : "-";
    }

    private static string Letter(SideMark mark) => mark switch { SideMark.Opaque => "o", SideMark.Redirect => "r", _ => "-" };
}
