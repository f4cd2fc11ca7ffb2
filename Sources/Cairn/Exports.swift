// Types of lower targets that the verbs take and return, for those who import only Cairn.
@_exported public import struct CairnFormats.ConfigKey
@_exported public import enum CairnFormats.ConfigSchema
@_exported public import struct CairnFormats.ConfigSectionName
@_exported public import struct CairnFormats.Configuration
@_exported public import struct CairnFormats.OwnConfiguration
@_exported public import enum CairnFormats.RemoteLayout
@_exported public import struct CairnFormats.StageDraft
@_exported public import struct CairnFormats.StageOutput
@_exported public import struct CairnFormats.YAMLEntry
@_exported public import enum CairnFormats.YAMLValue
@_exported public import enum CairnRemote.RemoteLocation
@_exported public import enum CairnStore.CheckDepth
@_exported public import enum CairnStore.LinkType
