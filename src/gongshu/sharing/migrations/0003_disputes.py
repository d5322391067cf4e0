import django.db.models.deletion
import gongshu.sharing.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_initial'),
        ('identity', '0001_initial'),
        ('sharing', '0002_step_extension'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='step',
            name='act_en',
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name='step',
            name='act_zh',
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name='step',
            name='words_en',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name='step',
            name='words_zh',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('need', models.TextField()),
                ('items', models.JSONField()),
                ('purpose', models.CharField(max_length=60)),
                ('mode', models.CharField(max_length=10)),
                ('valid_until', models.DateField()),
                ('statement', models.JSONField(default=dict)),
                ('masked_only', models.BooleanField(default=False)),
                ('status', models.CharField(choices=[('raised', 'raised'), ('negotiation', 'negotiation'), ('mediation', 'mediation'), ('advice', 'advice'), ('decision', 'decision'), ('agreed', 'agreed'), ('kept', 'kept'), ('withdrawn', 'withdrawn')], default=gongshu.sharing.states.DisputeStatus['RAISED'], max_length=12)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('raised_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('grant_id', models.CharField(blank=True, max_length=40)),
                ('application', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='sharing.application')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='catalog.entry')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('raised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='DisputeStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.PositiveIntegerField()),
                ('office', models.CharField(max_length=20)),
                ('act', models.CharField(max_length=20)),
                ('act_zh', models.CharField(max_length=200)),
                ('act_en', models.CharField(max_length=200)),
                ('days', models.PositiveIntegerField(blank=True, null=True)),
                ('words_zh', models.CharField(blank=True, max_length=200)),
                ('words_en', models.CharField(blank=True, max_length=200)),
                ('citations', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('open', 'open'), ('agreed', 'agreed'), ('failed', 'failed'), ('advised', 'advised'), ('kept', 'kept'), ('skipped', 'skipped')], default='waiting', max_length=10)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('provisional', models.BooleanField(default=False)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('remark', models.TextField(blank=True)),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='sharing.dispute')),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['stage', 'id'],
            },
        ),
    ]
