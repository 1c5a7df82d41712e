# The profile of the stores; values beside it or written out.
resource "spectrocloud_cluster_profile" "stores" {
  name  = "stores"
  cloud = "edge-native"
  type  = "cluster"

  pack {
    name   = "cni-calico"
    tag    = "3.30.1"
    uid    = data.spectrocloud_pack.calico.id
    values = file("${path.module}/values/calico.yaml")
  }

  pack {
    name   = "edge-native-byoi"
    tag    = "2.1.0"
    values = <<-EOT
      # }  a brace in a heredoc closes nothing
      options:
        system.uri: "registry.example.com/edge/ubuntu:6.8.0-1022-oracle"
    EOT
  }

  pack {
    name   = "computed"
    tag    = "1.0.0"
    values = data.spectrocloud_pack.computed.values
  }

  pack {
    name   = "lost"
    tag    = "1.0.0"
    values = file("values/lost.yaml")
  }
}
