using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Something done to an upper object whose mode is wide enough for the time of the call.</summary>
internal delegate Errno WidenedPlace(Place place);
