using System.Runtime.CompilerServices;

// Every signature in this room is blittable, so no call is marshalled; and no stack buffer needs clearing before a system call fills it.
[assembly: DisableRuntimeMarshalling]
[module: SkipLocalsInit]
