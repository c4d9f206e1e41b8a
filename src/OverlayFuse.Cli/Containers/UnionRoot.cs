using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>The driver overlayfuse: our union, served by this process.</summary>
internal sealed class UnionRoot(ContainerStore store, StoredContainer container) : ContainerRoot(store, container)
{
    private const int LongestSource = 4000; // mount(2) takes a page

    private Session? _session;

    public override void Run(Action<IReadOnlyList<string>> live) => UnionMount.Run(Job(),
        opened: () => { },
        mounted: session => _session = session,
        live,
        onWait: _ => { }); // a container's work directory is its own: nobody else is ever in it

    public override void End() => _session!.Stop();

    private MountJob Job()
    {
        var stack = Store.Layers.Stack(Container.Record.Lowers);
        var work = Path.Combine(Own, "work");
        var union = new UnionOptions
        {
            MountPoint = Merged,
            UpperDirectory = Encoding.UTF8.GetBytes(Store.Layers.DiffOf(Container.Record.LayerId)),
            WorkDirectory = Encoding.UTF8.GetBytes(work),
            Immutable = true, // image layers never change
            WholeUpTo = UnionOptions.DefaultWholeUpTo,
            Settle = SettlePolicy.Never, // nobody reads the upper but through the union: commit, diff, export and cp do, too
        };
        if (UserNamespace.HasOneUser)
        {
            // What belongs to anybody else could not be written: it is kept whose it is, and shown as the one user's.
            union.KeepOwnersIn = OverrideForm.Containers;
            (union.SquashToUid, union.SquashToGid) = (0, 0);
        }
        union.LowerDirectories.AddRange(stack.Select(Encoding.UTF8.GetBytes));
        return new MountJob
        {
            Union = union,
            Source = Source(stack, Path.Combine(Store.State.Links, Store.Layers.LinkOf(Container.Record.LayerId)), work),
            Flags = MountFlags.NoAtime,
            AllowOther = true
        };
    }

    /// <summary>
    /// What mount(8) shows: a FUSE mount has no options of its own to tell of its layers. Where they are many, as docker has it: as seen from overlay2.
    /// </summary>
    private static byte[] Source(List<string> stack, string upper, string work)
    {
        var text = $"overlay:lowerdir={string.Join(':', stack)},upperdir={upper},workdir={work}";
        if (text.Length >= LongestSource) text = text.Replace(Path.GetDirectoryName(Path.GetDirectoryName(work))! + "/", "", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text.Length < LongestSource ? text : "overlay");
    }
}
