using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Random layers and random actions, with several descriptors open: a union gives what a plain directory gives, and what kernel overlayfs
/// gives. The name of a test has its seed.
/// </summary>
internal class RandomCaseTests
{
    private const int CasesPerSeed = 4;
    private const int Actions = 40;

    // With what a mount is compared. A plain directory of an ordinary user, who mounts through fusermount3, is one of its own.
    private const string ByRoot = "a plain directory";
    private const string ByUser = "a plain directory of an ordinary user";
    private const string ByKernel = "kernel overlayfs";

    private static readonly TestUnion.Form[] Forms = [TestUnion.Form.OfThisUser, TestUnion.Form.OrdinaryUser, TestUnion.Form.WithoutRenameFlags, TestUnion.Form.MarkedWhiteouts, TestUnion.Form.Oci, TestUnion.Form.AllInPart, TestUnion.Form.AllInPartByOrdinaryUser];

    [TestCaseSource(nameof(Unmounted))]
    public void Unmounted_case(TestUnion.Form form, int seed)
    {
        var isRoot = Syscall.GetEUid() == 0 && !form.IsOrdinaryUser;
        if (form.IsOrdinaryUser) OrdinaryUser.Run(Run);
        else Run();

        void Run() => Seeds.Try(seed, CasesPerSeed, new CaseGenerator(isRoot, isOverlay: false, isOci: form == TestUnion.Form.Oci).Cases(Actions), example =>
        {
            using var union = new TestUnion(example.Stack.LowerCount, form) { Keeps = seed % 2 == 0, Delay = seed / 2 % 3, Wish = options => options.NarrowInodes = seed % 3 == 0 };
            using var plain = new PlainDirectory();
            return Comparison.Run(example, ("plain", plain), ("model", union));
        });
    }

    [TestCaseSource(nameof(Mounted))]
    public void Mounted_case(string oracle, int seed)
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
        if (oracle == ByUser) OrdinaryUser.Run(Run);
        else Run();

        void Run() => Seeds.Try(seed, CasesPerSeed, new CaseGenerator(isRoot: oracle != ByUser, isOverlay: oracle == ByKernel).Cases(Actions), example =>
        {
            using var cached = Mount(example, $"data=cached,partial=4096{(seed % 3 == 2 ? ",timeout=0" : "")}");
            using var other = oracle == ByUser ? Mount(example, "data=cached,writeback=off") : Mount(example, "data=passthrough");
            using IUnion expected = oracle == ByKernel ? new UnionMount("metacopy=on,redirect_dir=on,index=on,xino=on", isKernel: true, lowers: example.Stack.LowerCount, above: TestUnion.Above) : new PlainDirectory();
            return Comparison.Run(example, (oracle == ByKernel ? "kernel" : "plain", expected), ("cached", cached), ("the other mode", other));
        });
    }

    private static UnionMount Mount(RandomCase example, string options)
    {
        var union = new UnionMount(options, lowers: example.Stack.LowerCount, above: TestUnion.Above);
        union.LimitTime();
        return union;
    }

    private static IEnumerable<TestCaseData> Unmounted() =>
        from form in Forms
        from seed in Seeds.Taken(quick: 4)
        select new TestCaseData(form, seed).SetName($"Any_sequence_of_actions_gives_what_a_plain_directory_gives ({form}, seed {seed})");

    private static IEnumerable<TestCaseData> Mounted() =>
        from oracle in (string[])[ByRoot, ByUser, ByKernel]
        from seed in Seeds.Taken(quick: 3)
        select new TestCaseData(oracle, seed).SetName($"Any_sequence_of_actions_on_a_mount_gives_what_{oracle.Replace(' ', '_')}_gives (seed {seed})");
}
