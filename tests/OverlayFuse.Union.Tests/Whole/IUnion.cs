namespace OverlayFuse.Union.Tests;

/// <summary>A union that a case runs on: without a mount (<see cref="TestUnion"/>) or mounted (<see cref="UnionMount"/>).</summary>
internal interface IUnion : IDisposable
{
    IActor Actor { get; }

    /// <summary>Where the upper layer lies.</summary>
    string Upper { get; }

    /// <summary>Gives a layer a file system of its own, in memory, before anything is put into it.</summary>
    void PutApart(string layer);

    /// <summary>Puts objects into a layer ("upper", "lower1" ...), before the first mount.</summary>
    void Make(string layer, string text);

    void Mount();

    void Unmount();

    /// <summary>As it is after a while, when the kernel has forgotten what it knew.</summary>
    void Forget();

    /// <summary>What the lower layers hold, to the byte.</summary>
    string Lowers();

    /// <summary>What is left half done in the work directory.</summary>
    string Leftovers();
}
