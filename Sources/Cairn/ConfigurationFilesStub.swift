import CairnFormats
import CairnSystem
struct ConfigurationFiles { init(root: FilePath, surroundings: Surroundings) throws {}
 func load() throws -> Configuration { Configuration() } }
