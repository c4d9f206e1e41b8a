namespace OverlayFuse.Union;

/// <summary>What an operation is about to do to an object that is still in a lower layer.</summary>
internal enum CopyUpReason
{
    /// <summary>Change its metadata, or give it another name.</summary>
    Metadata,

    /// <summary>Write some of its bytes.</summary>
    Write,

    /// <summary>Cut it or extend it to a length.</summary>
    Truncate,

    /// <summary>Have all its bytes in the upper.</summary>
    Whole,
}
