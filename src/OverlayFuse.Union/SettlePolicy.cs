namespace OverlayFuse.Union;

/// <summary>When the rest of a file that is partly in the upper is brought up (settle=).</summary>
public enum SettlePolicy
{
    /// <summary>In the background as soon as nobody writes to it, at the latest when the union is unmounted.</summary>
    Idle,

    /// <summary>When the union is unmounted.</summary>
    OnUnmount,

    /// <summary>Not before somebody asks for it ("overlayfuse settle"): only for layers that are declared immutable.</summary>
    Never,
}
