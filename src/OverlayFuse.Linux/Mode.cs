namespace OverlayFuse.Linux;

/// <summary>The bits of st_mode beside the type (inode(7)).</summary>
public static class Mode
{
    public const uint TypeMask = 0xF000;
    public const uint SetUid = 0x800;
    public const uint SetGid = 0x400;
    public const uint Sticky = 0x200;
    public const uint OwnerRead = 0x100;
    public const uint OwnerExecute = 0x40;
    public const uint GroupExecute = 0x8;

    /// <summary>0022.</summary>
    public const uint GroupOrOthersWrite = 0x12;

    /// <summary>0600.</summary>
    public const uint OwnerReadWrite = 0x180;

    /// <summary>0644.</summary>
    public const uint OwnerReadWriteOthersRead = 0x1A4;

    /// <summary>0700.</summary>
    public const uint OwnerAll = 0x1C0;

    /// <summary>0755.</summary>
    public const uint OwnerAllOthersReadExecute = 0x1ED;

    /// <summary>0777.</summary>
    public const uint All = 0x1FF;

    /// <summary>All twelve bits that chmod(2) takes.</summary>
    public const uint Permissions = 0xFFF;

    public static FileType TypeOf(uint mode) => (FileType)(mode & TypeMask);

    /// <summary>What a write leaves of a mode: no setuid, and no setgid where the group may execute (inode(7)).</summary>
    public static uint WithoutPrivileges(uint mode) => mode & ~SetUid & ~((mode & GroupExecute) != 0 ? SetGid : 0);
}
