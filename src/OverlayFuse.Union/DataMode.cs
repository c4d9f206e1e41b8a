namespace OverlayFuse.Union;

/// <summary>How file contents travel between kernel and daemon.</summary>
public enum DataMode
{
    /// <summary>The kernel caches and writes back; open and close cost no request. For everybody.</summary>
    Cached,

    /// <summary>Complete upper files are read and written by the kernel itself. Root only.</summary>
    Passthrough,
}
