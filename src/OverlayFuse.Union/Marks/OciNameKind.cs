namespace OverlayFuse.Union;

/// <summary>What a file name means in a layer of the OCI (or AUFS) form.</summary>
internal enum OciNameKind
{
    Ordinary,

    /// <summary>".wh.NAME": NAME is hidden in the layers below.</summary>
    Whiteout,

    /// <summary>".wh..wh..opq": the directory it is in is opaque.</summary>
    OpaqueMarker,

    /// <summary>".wh..wh.*": AUFS' own files, no part of the tree.</summary>
    Ignored,

    /// <summary>A whiteout of nothing: ".wh.", ".wh..", ".wh...".</summary>
    Invalid,
}
